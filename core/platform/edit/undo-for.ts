/**
 * The way back of a note: it is on disk before the file is written, so after a crash the file may
 * still have its text of before.
 */
import { digestOfFile } from '../due-restarts.ts';
import type { FileNote } from '../observed-platform.ts';
import type { FileUndo } from './file-edit.ts';

/** @param text of the file as it is; absent: there is none. @returns undefined: nothing is edited */
export function undoFor(
  { undo, otherwise }: Pick<FileNote, 'undo' | 'otherwise'>,
  text: string | undefined,
): FileUndo | undefined {
  return otherwise !== undefined && digestOfFile(text) === otherwise.digest ? otherwise.undo : undo;
}
