/** Edits a value of a YAML file; all bytes around it stay. */
import { isMap, isScalar, isSeq, Scalar, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';
import { refusedEdit, type Edited, type Splice } from './edited.ts';
import type { YamlEdit, YamlStep, YamlValue } from './file-edit.ts';
import {
  anchored,
  findDocument,
  findParent,
  itemsOf,
  pairsOf,
  pathText,
  refusedPlace,
  type Found,
  type YamlDocument,
} from './yaml-place.ts';
import { insertedItem, insertedPair, removedItem, removedPair } from './yaml-lines.ts';
import { scalarSource } from './yaml-source.ts';

type Next = Found<Splice | undefined>;

/** A limit for a value with many parts; each part takes a pass of its own. */
const maxPasses = 200;

export function editYaml(
  text: string,
  { document: choice, at, value }: Pick<YamlEdit, 'document' | 'at' | 'value'>,
): Edited {
  let edited = text;
  let before: unknown;
  for (let pass = 0; pass < maxPasses; pass += 1) {
    const document = findDocument(edited, choice);
    if (!document.ok) return refusedEdit(document.fault);
    if (pass === 0) before = valueAt(document.value, at);
    const next = nextSplice(document.value, at, value);
    if (!next.ok) return refusedEdit(next.fault);
    if (next.value === undefined) return { ok: true, text: edited, before, after: value };
    const { from, to, piece } = next.value;
    const { offset } = document.value;
    edited = `${edited.slice(0, offset + from)}${piece}${edited.slice(offset + to)}`;
  }
  return refusedEdit({ code: 'yaml-value-large', message: `${pathText(at)} has too many parts` });
}

function valueAt(document: YamlDocument, at: readonly YamlStep[]): unknown {
  const parent = findParent(document, at);
  const last = at.at(-1);
  if (!parent.ok || last === undefined) return undefined;
  if (typeof last === 'string') return plainOf(pairsOf(parent.value, last).at(-1)?.value);
  const [index] = itemsOf(parent.value, last);
  return index !== undefined && isSeq(parent.value)
    ? plainOf(parent.value.items[index])
    : undefined;
}

function nextSplice(
  document: YamlDocument,
  at: readonly YamlStep[],
  value: YamlValue | undefined,
): Next {
  const found = findParent(document, at);
  if (!found.ok) return found;
  const { value: parent } = found;
  const last = at.at(-1);
  if (last === undefined) return misshapen(at, 'a place in the document');
  if (typeof last === 'string') {
    return isMap(parent) ? ofKey(document, parent, at, last, value) : misshapen(at, 'in a mapping');
  }
  return isSeq(parent) ? ofItem(document, parent, at, last, value) : misshapen(at, 'in a list');
}

function ofKey(
  document: YamlDocument,
  parent: YAMLMap,
  at: readonly YamlStep[],
  key: string,
  value: YamlValue | undefined,
): Next {
  const [pair, second] = pairsOf(parent, key);
  if (second !== undefined) return twice(at);
  if (pair === undefined) {
    return value === undefined ? nothing : insertedPair(document.text, parent, key, value);
  }
  if (value === undefined) return removedPair(document.text, parent, pair, pathText(at));
  return ofValue(document, pair.value, at, value, pair);
}

function ofItem(
  document: YamlDocument,
  parent: YAMLSeq,
  at: readonly YamlStep[],
  step: Exclude<YamlStep, string>,
  value: YamlValue | undefined,
): Next {
  const [index, second] = itemsOf(parent, step);
  if (second !== undefined) return twice(at);
  if (index === undefined) {
    return value === undefined ? nothing : insertedItem(document.text, parent, value);
  }
  if (value === undefined) return removedItem(document.text, parent, index, pathText(at));
  return ofValue(document, parent.items[index], at, value);
}

function ofValue(
  document: YamlDocument,
  node: unknown,
  at: readonly YamlStep[],
  value: YamlValue,
  pair?: Pair,
): Next {
  if (typeof value !== 'object') return ofScalar(document, node, at, value, pair);
  if (isList(value)) {
    const isSame = JSON.stringify(plainOf(node)) === JSON.stringify(value);
    return isSame ? nothing : misshapen(at, 'a list that is edited item by item');
  }
  if (!isMap(node)) return misshapen(at, 'a mapping');
  for (const [key, part] of Object.entries(value)) {
    const next = nextSplice(document, [...at, key], part);
    if (!next.ok || next.value !== undefined) return next;
  }
  return nothing;
}

function ofScalar(
  { text }: YamlDocument,
  node: unknown,
  at: readonly YamlStep[],
  value: string | number | boolean,
  pair: Pair | undefined,
): Next {
  if (isEmpty(node)) {
    const key = pair?.key;
    if (!isScalar(key) || !key.range) return misshapen(at, 'a text');
    const colon = text.indexOf(':', key.range[1]);
    return splice(colon + 1, colon + 1, ` ${scalarSource(value)}`);
  }
  if (!isScalar(node) || !node.range) return misshapen(at, 'a text');
  if (node.anchor !== undefined) return refusedPlace(anchored(pathText(at)));
  if (node.value === value) return nothing;
  if (node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED) {
    return misshapen(at, 'a text of one line');
  }
  const [from, to] = node.range;
  return splice(from, to, scalarSource(value, node.type));
}

function isEmpty(node: unknown): boolean {
  return node === null || (isScalar(node) && node.value === null && (node.source ?? '') === '');
}

function isList(value: YamlValue & object): value is readonly YamlValue[] {
  return Array.isArray(value);
}

function plainOf(node: unknown): unknown {
  if (isScalar(node)) return node.value;
  if (isSeq(node)) return node.items.map(plainOf);
  if (!isMap(node)) return undefined;
  return Object.fromEntries(node.items.map(({ key, value }) => [String(key), plainOf(value)]));
}

const nothing: Next = { ok: true, value: undefined };

function splice(from: number, to: number, piece: string): Next {
  return { ok: true, value: { from, to, piece } };
}

function misshapen(at: readonly YamlStep[], what: string): Next {
  return refusedPlace({ code: 'yaml-shape', message: `${pathText(at)} is not ${what}` });
}

function twice(at: readonly YamlStep[]): Next {
  return refusedPlace({
    code: 'yaml-place-twice',
    message: `${pathText(at)} is there more than once`,
  });
}
