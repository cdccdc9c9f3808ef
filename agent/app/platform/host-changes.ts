/** The files and services of this machine's platform as a target of plans. */
import type { FileChange } from '../../../core/plan/plan.ts';
import { digestOfFile, dueAfter } from '../../../core/platform/due-restarts.ts';
import { undoFor } from '../../../core/platform/edit/undo-for.ts';
import type { HostFile } from '../../../core/platform/host-file.ts';
import { writableFile } from '../../../core/platform/host-paths.ts';
import type { DueRestart, FileNote } from '../../../core/platform/observed-platform.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { HostChanges } from '../../ports/platform/host-changes.ts';
import { hasEdits, type HostEditsStore } from '../../ports/platform/host-edits.ts';
import type { HostFiles } from '../../ports/platform/host-files.ts';
import type { HostWriter } from '../../ports/platform/host-writer.ts';
import { editablePaths } from './editable-paths.ts';
import type { PlatformDeps } from './platform-deps.ts';
import { readPlatform } from './read-platform.ts';

export interface HostChangesDeps extends PlatformDeps {
  readonly writer: HostWriter;
  readonly edits: HostEditsStore;
}

export function createHostChanges({ writer, edits, ...deps }: HostChangesDeps): HostChanges {
  return {
    hasEdits: async () => hasEdits(await edits.load()),
    observe: async () => {
      const { notes, dueRestarts } = await edits.load();
      const { files, seen } = remembering(deps.files);
      const found = await readPlatform({ ...deps, files });
      const more = await editablePaths(deps.files, found);
      for (const path of [...more, ...notes.map((note) => note.path)]) await files.read(path);
      const cannotWrite = await writer.obstacle();
      return {
        ...found,
        files: [...seen.values()].filter(({ path }) => writableFile(path) !== undefined),
        notes,
        dueRestarts,
        ...(cannotWrite !== undefined && { cannotWrite }),
      };
    },
    // The plan itself has a warning where the helper is not there, and the change waits for it.
    preflight: () => Promise.resolve([]),
    apply: async (change) => {
      if (change.action === 'edit-file') {
        const { path, content } = change;
        if (content === undefined) throw new AppError('internal', `"${path}" has no content`);
        return edit({ writer, edits }, path, content);
      }
      const { service } = change;
      await writer.restart(service);
      const known = await edits.load();
      const dueRestarts = known.dueRestarts.filter((one) => one.service !== service);
      await edits.save({ ...known, dueRestarts });
    },
  };
}

/**
 * The note is on disk before the file changes, and knows both texts: at any moment the way back is
 * known. The same holds for the restart.
 */
async function edit(
  { writer, edits }: Pick<HostChangesDeps, 'writer' | 'edits'>,
  path: string,
  change: FileChange,
): Promise<void> {
  const { before, after, note } = change;
  const known = await edits.load();
  const others = known.notes.filter((one) => one.path !== path);
  const previous = known.notes.find((one) => one.path === path);
  const dueRestarts = dueAfter(known.dueRestarts, { path, ...change, before, after });
  if (previous === undefined && before !== undefined) await edits.keepOriginal(path, before);
  const meanwhile = noteMeanwhile(previous, change);
  await edits.save({
    notes: meanwhile === undefined ? others : [...others, meanwhile],
    dueRestarts: [...dueRestarts, ...known.dueRestarts.filter((one) => !isIn(dueRestarts, one))],
  });
  if (after === undefined && before !== undefined) await writer.remove(path, digestOfFile(before));
  else if (after !== undefined && after !== before) {
    await writer.write(path, digestOfFile(before), after);
  }
  await edits.save({ notes: note === undefined ? others : [...others, note], dueRestarts });
}

/** True of the text before the write, and of that after it. */
function noteMeanwhile(
  previous: FileNote | undefined,
  { before, after, note }: FileChange,
): FileNote | undefined {
  const undo = previous && undoFor(previous, before);
  if (note !== undefined) {
    const digest = digestOfFile(before);
    return { ...note, otherwise: { digest, ...(undo !== undefined && { undo }) } };
  }
  if (previous === undefined || undo === undefined) return undefined;
  return { ...previous, undo, otherwise: { digest: digestOfFile(after) } };
}

function isIn(due: readonly DueRestart[], { service }: DueRestart): boolean {
  return due.some((one) => one.service === service);
}

/** Keeps what was read, so that the plan has the very texts that the report was made from. */
function remembering(files: HostFiles): {
  readonly files: HostFiles;
  readonly seen: ReadonlyMap<string, HostFile>;
} {
  const seen = new Map<string, HostFile>();
  const read = async (path: string): Promise<HostFile> => {
    const known = seen.get(path);
    if (known !== undefined) return known;
    const file = await files.read(path);
    seen.set(path, file);
    return file;
  };
  return { files: { ...files, read }, seen };
}
