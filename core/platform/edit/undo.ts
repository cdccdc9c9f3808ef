/** The way back from an edited text, also where somebody changed other lines of it meanwhile. */
import { diffArrays } from 'diff';
import { linesOf } from './edited.ts';
import type { FileUndo, UndoHunk } from './file-edit.ts';

/** Lines around a hunk that are noted to find its place again. */
const around = 6;
/** A limit, because texts without common lines would take minutes. */
const maxEdits = 3000;

export interface Undone {
  /** Absent: there is no file. */
  readonly text?: string;
  /** Parts that somebody else changed meanwhile: they stay as they are. */
  readonly lost: number;
}

/** @param original absent: there was no file; @param edited absent: there is none any more */
export function undoOf(original: string | undefined, edited: string | undefined): FileUndo {
  if (original === undefined) return { kind: 'remove', text: edited ?? '' };
  if (edited === undefined) return { kind: 'restore', text: original };
  const hunks = hunksBetween(linesOf(original), linesOf(edited));
  const undo: FileUndo = { kind: 'lines', hunks };
  return applyUndo(edited, undo).text === original
    ? undo
    : { kind: 'restore', text: original, edited };
}

export function applyUndo(text: string | undefined, undo: FileUndo): Undone {
  switch (undo.kind) {
    case 'remove':
      if (text === undefined || text === undo.text) return { lost: 0 };
      return { text, lost: 1 };
    case 'restore':
      if (text === undo.edited) return { text: undo.text, lost: 0 };
      return { ...(text !== undefined && { text }), lost: text === undo.text ? 0 : 1 };
    case 'lines':
      return text === undefined ? { lost: 1 } : undoLines(text, undo.hunks);
  }
}

function hunksBetween(original: readonly string[], edited: readonly string[]): readonly UndoHunk[] {
  const parts = diffArrays([...edited], [...original], { maxEditLength: maxEdits });
  const hunks: UndoHunk[] = [];
  let line = 0;
  let gone: readonly string[] = [];
  let come: readonly string[] = [];
  const close = (): void => {
    let from = line - gone.length;
    for (const piece of piecesOf(gone, come)) {
      const to = from + piece.edited.length;
      hunks.push({
        line: from,
        ...piece,
        above: edited.slice(Math.max(0, from - around), from),
        below: edited.slice(to, to + around),
      });
      from = to;
    }
    gone = [];
    come = [];
  };
  for (const { added, removed, value } of parts ?? [
    { added: false, removed: true, value: [...edited] },
    { added: true, removed: false, value: [...original] },
  ]) {
    if (added) come = [...come, ...value];
    else if (removed) {
      gone = [...gone, ...value];
      line += value.length;
    } else {
      close();
      line += value.length;
    }
  }
  close();
  return hunks;
}

type Piece = Pick<UndoHunk, 'edited' | 'original'>;

/**
 * Values in adjacent lines are put back one by one: a person may have changed one of them. Other lines
 * stay together, because half of a block is no block.
 */
function piecesOf(edited: readonly string[], original: readonly string[]): readonly Piece[] {
  const single = (line: string, index: number): Piece => {
    return { edited: [line], original: original.slice(index, index + 1) };
  };
  const differs = edited.findIndex((line, index) => !isSameName(line, original[index]));
  const count = differs === -1 ? edited.length : differs;
  const rest = { edited: edited.slice(count), original: original.slice(count) };
  const isEmpty = rest.edited.length + rest.original.length === 0;
  return [...edited.slice(0, count).map(single), ...(isEmpty ? [] : [rest])];
}

/** `--cluster-cidr=…`, `value: …`: whether both lines begin with the same name. */
function isSameName(one: string, other: string | undefined): boolean {
  const nameOf = (line: string): string | undefined => /^[^\w\n]*[\w./-]+/.exec(line)?.[0];
  return other !== undefined && nameOf(one) !== undefined && nameOf(one) === nameOf(other);
}

/** All places are found before a line changes; then from the last one up, so that they stay right. */
function undoLines(text: string, hunks: readonly UndoHunk[]): Undone {
  const lines = linesOf(text);
  const places: { readonly at: number; readonly hunk: UndoHunk }[] = [];
  let free = 0;
  for (const hunk of hunks) {
    const at = placeOf(lines, hunk);
    if (at === undefined || at < free) continue;
    places.push({ at, hunk });
    free = at + hunk.edited.length;
  }
  const undone = places.reduceRight((edited, { at, hunk }) => replaced(edited, at, hunk), lines);
  return { text: undone.join(''), lost: hunks.length - places.length };
}

function replaced(lines: readonly string[], at: number, hunk: UndoHunk): readonly string[] {
  const below = lines.slice(at + hunk.edited.length);
  const pieces = [...lines.slice(0, at), ...hunk.original, ...below];
  const end =
    pieces.find((piece) => piece.endsWith('\n'))?.endsWith('\r\n') === true ? '\r\n' : '\n';
  // A line that had no line end because it was the last one needs it now.
  return pieces.map((piece, index) =>
    index < pieces.length - 1 && !piece.endsWith('\n') ? `${piece}${end}` : piece,
  );
}

/** The place with the most of the noted lines around it; undefined: none is certain. */
function placeOf(lines: readonly string[], hunk: UndoHunk): number | undefined {
  const { edited, above, below, line } = hunk;
  let best: { readonly at: number; readonly score: number } | undefined;
  let places = 0;
  for (let at = 0; at + edited.length <= lines.length; at += 1) {
    if (!edited.every((one, index) => isSame(lines[at + index], one))) continue;
    places += 1;
    const score =
      common(above.toReversed(), (index) => lines[at - 1 - index], above.length < around) +
      common(below, (index) => lines[at + edited.length + index], below.length < around);
    const isNearer = best !== undefined && Math.abs(at - line) < Math.abs(best.at - line);
    if (best === undefined || score > best.score || (score === best.score && isNearer)) {
      best = { at, score };
    }
  }
  if (best === undefined) return undefined;
  return best.score > 0 || (edited.length > 0 && places === 1) ? best.at : undefined;
}

/** How many lines are as noted, from the hunk on outwards; the file's end counts as one. */
function common(
  noted: readonly string[],
  lineAt: (index: number) => string | undefined,
  reachesEnd: boolean,
): number {
  const different = noted.findIndex((one, index) => !isSame(lineAt(index), one));
  if (different !== -1) return different;
  return noted.length + (reachesEnd && lineAt(noted.length) === undefined ? 1 : 0);
}

/** A last line may have got its line end meanwhile. */
function isSame(line: string | undefined, noted: string): boolean {
  return line !== undefined && line.replace(/\r?\n$/, '') === noted.replace(/\r?\n$/, '');
}
