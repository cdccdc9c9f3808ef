/** The agent's own files for the support bundle: its settings and its state. */
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { jsonValue } from '../../../core/input/parse-json.ts';
import { listAt, textAt, valueAt } from '../../../core/input/plain-data.ts';
import { AppError } from '../../../runtime/errors.ts';
import { readTextFile } from '../../../runtime/files/read-text-file.ts';
import type { SupportPart } from '../../ports/support.ts';

const maxBytes = 16 * 1024 * 1024;
const newest = 20;

export function settingsPart(file: string): SupportPart {
  return { name: 'agent.yaml', what: `the settings, ${file}`, read: () => textOf(file) };
}

/** The state, the open change, the newest ended changes, and the newest configurations. */
export async function stateParts(directory: string): Promise<readonly SupportPart[]> {
  const single = ['state.json', 'journal.json', 'journal-progress.json', 'events.jsonl'];
  return [
    ...single.map((name) => filePart(directory, name)),
    ...(await editsPart(directory)),
    ...(await newestOf(directory, 'history', '.summary.json')),
    ...(await newestOf(directory, 'revisions', '.json')),
  ];
}

function filePart(directory: string, name: string): SupportPart {
  const file = path.join(directory, name);
  return { name: `state/${name}`, what: file, read: () => textOf(file) };
}

/**
 * Which files of the platform the agent edited, without their lines: those may hold secrets that are no
 * secrets by their names, and so do the copies in host-originals, which stay out altogether.
 */
async function editsPart(directory: string): Promise<readonly SupportPart[]> {
  const file = path.join(directory, 'host-edits.json');
  const isThere = await lstat(file).then(
    () => true,
    () => false,
  );
  if (!isThere) return [];
  const what = `${file}, without the lines of the files, and without host-originals/`;
  const read = async (): Promise<string> => {
    const edits = jsonValue(await textOf(file), jsonBounds.answer);
    const notes = listAt(edits, 'notes').map((note) => ({
      path: textAt(note, 'path'),
      edits: listAt(note, 'edits').length,
      undo: textAt(note, 'undo', 'kind'),
      restarts: valueAt(note, 'restarts'),
    }));
    return JSON.stringify({ notes, dueRestarts: valueAt(edits, 'dueRestarts') });
  };
  return [{ name: 'state/host-edits.json', what, read }];
}

/** If the folder cannot be read, the other parts report why. */
async function newestOf(
  directory: string,
  folder: string,
  ending: string,
): Promise<readonly SupportPart[]> {
  const names = await readdir(path.join(directory, folder)).catch(() => []);
  return names
    .filter((name) => name.endsWith(ending) && /^[\w.#%+-]{1,80}$/.test(name))
    .toSorted((a, b) => numberOf(b) - numberOf(a))
    .slice(0, newest)
    .map((name) => filePart(directory, `${folder}/${name}`));
}

function numberOf(name: string): number {
  return Number(/(\d+)\D*$/.exec(name)?.[1] ?? 0);
}

async function textOf(file: string): Promise<string> {
  const text = await readTextFile(file, maxBytes, { noLinks: true });
  if (text !== undefined) return text;
  throw new AppError('not-found', `there is no file "${file}"`);
}
