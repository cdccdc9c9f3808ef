/** Adds and removes keys of mappings and items of lists, as whole lines or within brackets. */
import { isMap, isScalar, isSeq, Scalar, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import { lineEndOf, type Splice } from './edited.ts';
import type { YamlValue } from './file-edit.ts';
import { refusedPlace, type Found } from './yaml-place.ts';
import { blockSource, flowSource, scalarSource } from './yaml-source.ts';

type Lines = Found<Splice>;

export function insertedPair(text: string, map: YAMLMap, key: string, value: YamlValue): Lines {
  if (map.flow === true) {
    return intoBrackets(map, map.items.at(-1), `${flowSource(key)}: ${flowSource(value)}`);
  }
  const first = map.items[0];
  const last = map.items.at(-1);
  if (first === undefined || last === undefined) return unclear;
  const start = startOf(first);
  const indent = ' '.repeat(start - lineStart(text, start));
  const source = scalarSource(key);
  const lines =
    typeof value === 'object'
      ? [`${source}:`, ...blockSource(value).map((line) => `  ${line}`)]
      : [`${source}: ${scalarSource(value)}`];
  return asLines(
    text,
    endOfLines(text, last),
    lines.map((line) => `${indent}${line}`),
  );
}

export function insertedItem(text: string, list: YAMLSeq, value: YamlValue): Lines {
  if (list.flow === true) return intoBrackets(list, list.items.at(-1), flowSource(value));
  const first = list.items[0];
  const last = list.items.at(-1);
  if (first === undefined || last === undefined) return unclear;
  const dash = dashOf(text, first);
  const indent = ' '.repeat(dash - lineStart(text, dash));
  const lines = blockSource(value).map(
    (line, index) => `${indent}${index === 0 ? '- ' : '  '}${line}`,
  );
  return asLines(text, endOfLines(text, last), lines);
}

export function removedPair(text: string, map: YAMLMap, pair: Pair, path: string): Lines {
  const index = map.items.indexOf(pair);
  if (map.flow === true) return outOfBrackets(map.items, index);
  if (map.items.length === 1) {
    const message = `${path} is the only key there`;
    return refusedPlace({ code: 'yaml-last-key', message });
  }
  const start = startOf(pair);
  if (text.slice(lineStart(text, start), start).trim() === '') {
    return wholeLines(text, start, endOfLines(text, pair));
  }
  // The key stands behind the dash of a list: the next one takes its place.
  const next = map.items[index + 1];
  return next === undefined ? unclear : spliced(start, startOf(next), '');
}

export function removedItem(text: string, list: YAMLSeq, index: number, path: string): Lines {
  if (list.flow === true) return outOfBrackets(list.items, index);
  const item = list.items[index];
  const dash = dashOf(text, item);
  if (text.slice(lineStart(text, dash), dash).trim() === '') {
    return wholeLines(text, dash, endOfLines(text, item));
  }
  const message = `${path} begins on the line of a list around it`;
  return refusedPlace({ code: 'yaml-shape', message });
}

const unclear: Lines = refusedPlace({
  code: 'yaml-shape',
  message: 'the place is empty, and its indentation is not known',
});

function spliced(from: number, to: number, piece: string): Lines {
  return { ok: true, value: { from, to, piece } };
}

function asLines(text: string, at: number, lines: readonly string[]): Lines {
  const end = lineEndOf(text);
  const piece = lines.join(end);
  const isOwnLine = at === 0 || text[at - 1] === '\n';
  return spliced(at, at, isOwnLine ? `${piece}${end}` : `${end}${piece}`);
}

/** Where the last line has no line end, that of the line above goes. */
function wholeLines(text: string, start: number, to: number): Lines {
  const from = lineStart(text, start);
  if (text[to - 1] === '\n' || from === 0) return spliced(from, to, '');
  return spliced(from - (text[from - 2] === '\r' ? 2 : 1), to, '');
}

function intoBrackets(list: YAMLMap | YAMLSeq, last: unknown, piece: string): Lines {
  if (last !== undefined) return spliced(endOf(last), endOf(last), `, ${piece}`);
  const at = (list.range?.[0] ?? 0) + 1;
  return spliced(at, at, piece);
}

function outOfBrackets(items: readonly unknown[], index: number): Lines {
  const item = items[index];
  const next = items[index + 1];
  const previous = items[index - 1];
  if (next !== undefined) return spliced(startOf(item), startOf(next), '');
  return spliced(previous === undefined ? startOf(item) : endOf(previous), endOf(item), '');
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

function startOf(node: unknown): number {
  if (isPair(node)) return startOf(node.key);
  return rangeOf(node)?.[0] ?? 0;
}

function dashOf(text: string, item: unknown): number {
  return text.lastIndexOf('-', startOf(firstLeaf(item)) - 1);
}

function firstLeaf(node: unknown): unknown {
  return isMap(node) && node.flow !== true ? node.items[0]?.key : node;
}

/** Where the value ends; of a key without one, where the key ends. */
function endOf(node: unknown): number {
  const leaf = lastLeaf(node);
  return rangeOf(leaf)?.[1] ?? 0;
}

function lastLeaf(node: unknown): unknown {
  if (isPair(node)) return isNothing(node.value) ? node.key : lastLeaf(node.value);
  if (isMap(node) && node.flow !== true) return lastLeaf(node.items.at(-1));
  if (isSeq(node) && node.flow !== true) return lastLeaf(node.items.at(-1));
  return node;
}

/** Where the line after the node begins. */
function endOfLines(text: string, node: unknown): number {
  const leaf = lastLeaf(node);
  const end = endOf(leaf);
  const isBlock =
    isScalar(leaf) && (leaf.type === Scalar.BLOCK_LITERAL || leaf.type === Scalar.BLOCK_FOLDED);
  if (isBlock && text[end - 1] === '\n') return end;
  const next = text.indexOf('\n', end);
  return next === -1 ? text.length : next + 1;
}

function isNothing(node: unknown): boolean {
  return node === null || (isScalar(node) && node.value === null && (node.source ?? '') === '');
}

function isPair(node: unknown): node is Pair {
  return (
    typeof node === 'object' && node !== null && 'key' in node && 'value' in node && !isScalar(node)
  );
}

function rangeOf(node: unknown): readonly [number, number, number] | undefined {
  if (!isMap(node) && !isSeq(node) && !isScalar(node)) return undefined;
  return node.range ?? undefined;
}
