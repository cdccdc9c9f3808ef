/** Changes of a text as data, so that each can be undone to the same bytes. */

/** At an offset in UTF-16 units, one text is replaced by another. */
export interface TextPatch {
  readonly offset: number;
  readonly removed: string;
  readonly inserted: string;
}

/** Applies patches one after the other: each offset is in the text that the one before it made. */
export function applyPatches(text: string, patches: readonly TextPatch[]): string {
  return patches.reduce(applyPatch, text);
}

/** The patches that lead back; `applyPatches` with both gives the same text again. */
export function undoPatches(patches: readonly TextPatch[]): readonly TextPatch[] {
  return patches
    .map(({ offset, removed, inserted }) => ({ offset, removed: inserted, inserted: removed }))
    .reverse();
}

function applyPatch(text: string, { offset, removed, inserted }: TextPatch): string {
  if (!text.startsWith(removed, offset)) {
    throw new RangeError(`the text at ${offset} is not the one that this patch was made for`);
  }
  return text.slice(0, offset) + inserted + text.slice(offset + removed.length);
}
