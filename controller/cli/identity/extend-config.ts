/** Names an authority in controller.yaml, and keeps everything else in it, with its comments. */
import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { parseDocument, stringify } from 'yaml';
import { textBounds } from '../../../core/input/bounds.ts';
import { AppError } from '../../../runtime/errors.ts';
import { writeFileAtomic } from '../../../runtime/files/atomic-file.ts';
import { readTextFile } from '../../../runtime/files/read-text-file.ts';
import { replaceFile } from '../../../runtime/files/replace-file.ts';

const head = 'apiVersion: calico-agent/v1\nkind: ControllerConfig\n';

/**
 * A new file refuses the shared token, unless there is a file with one beside it.
 * @returns the text about it, or, where it cannot be written, with the lines for a person
 */
export async function extendConfig(
  file: string,
  authority: { readonly folder: string },
): Promise<string> {
  const before = await readTextFile(file, textBounds.controllerSettings.maxBytes);
  const usesToken = before !== undefined || (await isThere(path.join(path.dirname(file), 'token')));
  const document = parseDocument(before ?? head);
  document.set('authority', document.createNode(authority));
  if (!usesToken) document.set('sharedToken', 'refused');
  try {
    if (before === undefined) await writeFileAtomic(file, document.toString(), { mode: 0o644 });
    else await replaceFile(file, document.toString());
    return `wrote ${file}\n`;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const added = { authority, ...(!usesToken && { sharedToken: 'refused' }) };
    const lines = (before === undefined ? head : '') + stringify(added);
    return `${error.message}; add these lines to it:\n\n${lines}`;
  }
}

async function isThere(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}
