/** The diff of a file as it is shown: bounded, and without secrets. */
import { formatPatch, structuredPatch } from 'diff';
import { linesOf } from '../../platform/edit/edited.ts';
import { writableFile } from '../../platform/host-paths.ts';
import { redactLines } from '../../support/redact.ts';

/** Enough for every edit; a whole file that became another one is shown as such. */
const maxDiff = 200;

export interface FileDiff {
  /** Unified; without the lines around where the file may hold secrets. */
  readonly lines: readonly string[];
  /** Whether `patch` makes the new text from it: all of it is there, and nothing is left out. */
  readonly isExact: boolean;
}

/** @param before absent: there is no file; @param after absent: there is none any more */
export function diffOf(
  path: string,
  before: string | undefined,
  after: string | undefined,
): FileDiff {
  if (before === after) return { lines: [], isExact: true };
  const context = writableFile(path)?.isPublic === true ? 3 : 0;
  const from = before === undefined ? '/dev/null' : path;
  const to = after === undefined ? '/dev/null' : path;
  const patch = structuredPatch(from, to, before ?? '', after ?? '', undefined, undefined, {
    context,
    maxEditLength: maxDiff,
  });
  if (patch === undefined) {
    const lines = ['the texts have too little in common to be shown as a diff'];
    return { lines, isExact: false };
  }
  const old = redactedLines(before);
  const now = redactedLines(after);
  const hunks = patch.hunks.map((hunk) => {
    let oldLine = hunk.oldStart - 1;
    let newLine = hunk.newStart - 1;
    const lines = hunk.lines.map((line) => {
      const sign = line.slice(0, 1);
      // `\ No newline at end of file` belongs to neither text.
      if (sign === '\\') return line;
      const redacted = sign === '-' ? old[oldLine] : now[newLine];
      if (sign !== '+') oldLine += 1;
      if (sign !== '-') newLine += 1;
      return `${sign}${redacted ?? ''}`;
    });
    return { ...hunk, lines };
  });
  const isExact = JSON.stringify(hunks) === JSON.stringify(patch.hunks);
  const shown = formatPatch({ ...patch, hunks });
  const lines = shown.slice(shown.indexOf('---')).replace(/\n$/, '').split('\n');
  return { lines, isExact };
}

function redactedLines(text: string | undefined): readonly string[] {
  return redactLines(linesOf(text ?? '').map((line) => line.replace(/\n$/, '')));
}
