/**
 * Finds the characters of a scalar's value in the text: in quotes with escapes, folded over lines,
 * or indented. YAML keeps the order of visible characters, so the n-th one of the value is the n-th
 * one of the text.
 */
export type WrittenStyle = 'literal' | 'folded' | 'double' | 'single' | 'plain';

/** Maps an index in the value to an offset in the written text; both begin with 0. */
export type WrittenOffset = (index: number) => number;

export function writtenOffsets(written: string, style: WrittenStyle, value: string): WrittenOffset {
  return style === 'literal' ? byLines(written, value) : byVisibles(written, style, value);
}

/** For `|`, whose header has a line of its own, and whose lines all have the same indentation. */
function byLines(written: string, value: string): WrittenOffset {
  const lines = written.split('\n').slice(1);
  const read = value.split('\n');
  const first = read.findIndex((line) => line.trim() !== '');
  const indent = Math.max(
    0,
    (lines[first]?.replace(/\r$/, '').length ?? 0) - (read[first]?.length ?? 0),
  );
  const starts = lineStarts(written).slice(1);
  const valueStarts = lineStarts(value);
  return (index) => {
    const line = lastAtMost(valueStarts, index);
    const column = index - (valueStarts[line] ?? 0);
    return (starts[line] ?? written.length) + Math.min(indent, lines[line]?.length ?? 0) + column;
  };
}

function byVisibles(written: string, style: WrittenStyle, value: string): WrittenOffset {
  const { starts, ends, from } = visiblesOf(written, style);
  const visibles = [...value.matchAll(/\S/g)].map(({ index }) => index);
  return (index) => {
    const before = lastAtMost(visibles, index);
    if (visibles[before] === index) return starts[before] ?? from;
    const after = ends[before] ?? from;
    const beyond = index - ((visibles[before] ?? -1) + 1);
    return Math.min(after + beyond, starts[before + 1] ?? after);
  };
}

interface Visibles {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** The offset of the text's beginning, after a quote or the header of a block. */
  readonly from: number;
}

/** The units of a value other than white space: an escape, a doubled quote, or one character. */
const units = {
  double: /\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|\r\n|[^])|\S/g,
  single: /''|\S/g,
  other: /\S/g,
} as const;

function visiblesOf(written: string, style: WrittenStyle): Visibles {
  const isQuoted = style === 'double' || style === 'single';
  const from = style === 'folded' ? written.indexOf('\n') + 1 : Number(isQuoted);
  const text = written.slice(from, isQuoted ? -1 : undefined);
  const starts: number[] = [];
  const ends: number[] = [];
  for (const { 0: unit, index } of text.matchAll(isQuoted ? units[style] : units.other)) {
    for (let left = widthOf(unit); left > 0; left -= 1) {
      starts.push(from + index);
      ends.push(from + index + unit.length);
    }
  }
  return { starts, ends, from };
}

/** The number of visible UTF-16 units of the value for a unit. */
function widthOf(unit: string): number {
  if (unit.length === 1 || unit === "''") return 1;
  const code = /^\\[xuU](.*)$/.exec(unit)?.[1];
  if (code === undefined) return /^\\[\sntrvf_LP]/.test(unit) ? 0 : 1;
  const point = Number.parseInt(code, 16);
  return point > 0x10_ff_ff ? 1 : String.fromCodePoint(point).replaceAll(/\s/g, '').length;
}

export function lineStarts(text: string): readonly number[] {
  return [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
}

/** The index of the last number in the sorted list that is at most this; -1: there is none. */
export function lastAtMost(sorted: readonly number[], most: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) <= most) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
