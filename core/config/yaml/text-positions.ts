/** Lines and columns of a text, as an editor counts them: by characters, not by UTF-16 units. */
import { LineCounter } from 'yaml';
import { lastAtMost } from './written-text.ts';

export interface TextPositions {
  /** The offsets at which lines begin, filled by the reader of the text. */
  readonly lines: LineCounter;
  /** 1-based. */
  positionAt(offset: number): { readonly line: number; readonly column: number };
}

export function textPositions(text: string): TextPositions {
  const lines = new LineCounter();
  // Characters beyond the Basic Multilingual Plane are two units long and one column wide.
  const wide = [...text.matchAll(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g)].map(({ index }) => index);
  const widesBefore = (offset: number): number => lastAtMost(wide, offset - 1) + 1;
  return {
    lines,
    positionAt: (offset) => {
      const { line, col } = lines.linePos(offset);
      const start = offset - (col - 1);
      return { line, column: col - (widesBefore(offset) - widesBefore(start)) };
    },
  };
}
