/** The text of a file before the agent's edits, for settings that change a part of a value. */
import type { FileNote } from '../observed-platform.ts';
import { applyEdits } from './apply-edits.ts';
import { applyUndo } from './undo.ts';
import { undoFor } from './undo-for.ts';

/** The text as it is, where nothing was edited, or where the way back is not known. */
export function originalText(path: string, current: string, notes: readonly FileNote[]): string {
  const note = notes.find((one) => one.path === path);
  const undo = note && undoFor(note, current);
  if (note === undefined || undo === undefined) return current;
  const base = applyUndo(current, undo);
  if (base.lost === 0) return base.text ?? current;
  // Somebody changed an edited value: with the agent's value its place is found again.
  const corrected = applyEdits(current, note.edits);
  if (!corrected.ok) return current;
  const again = applyUndo(corrected.text, undo);
  return again.lost === 0 ? (again.text ?? current) : current;
}
