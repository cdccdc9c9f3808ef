/** The note about a store in etcd: a small file in the state directory. */
import { lstat, readFile } from 'node:fs/promises';
import path from 'node:path';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { jsonValue } from '../../../core/input/parse-json.ts';
import { textAt, valueAt } from '../../../core/input/plain-data.ts';
import { fromSystemError, systemCodeOf } from '../../../runtime/errors.ts';
import { writeFileAtomic } from '../../../runtime/files/atomic-file.ts';
import type { NotedStore, StoreNote } from '../../ports/store-note.ts';

/** @param embeddedFile the name that a store in the folder itself has */
export function storeNoteFile(folder: string, embeddedFile: string): StoreNote {
  const file = path.join(folder, 'store-in-etcd.json');
  return {
    file,
    read: async () => {
      try {
        return notedIn(await readFile(file, 'utf8'));
      } catch (error) {
        if (systemCodeOf(error) === 'ENOENT') return undefined;
        throw fromSystemError(`cannot read "${file}"`, error);
      }
    },
    write: (note) => writeFileAtomic(file, `${JSON.stringify({ formatVersion: 1, ...note })}\n`),
    embedded: async () => {
      const store = path.join(folder, embeddedFile);
      const isThere = await lstat(store).then(
        () => true,
        () => false,
      );
      return isThere ? store : undefined;
    },
  };
}

/** A note that cannot be read is a note: only its details are gone. */
function notedIn(text: string): NotedStore {
  const data = jsonValue(text, jsonBounds.enrolment);
  const revision = valueAt(data, 'revision');
  return {
    cluster: textAt(data, 'cluster') ?? '',
    place: textAt(data, 'place') ?? 'etcd',
    revision: typeof revision === 'number' ? revision : 0,
  };
}
