/** Nodes of the YAML library → the located tree; aliases are expanded, within a bound. */
import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar } from 'yaml';
import { pointerToken, type Issue, type Place } from '../../issue.ts';
import { describePlace, issueAt } from '../schema/findings.ts';
import type { Located, LocatedEntry, LocatedMap, LocatedScalar, LocatedText } from './located.ts';
import type { TextBudget } from './text-budget.ts';
import { tagFault } from './yaml-tag.ts';
import { writtenOffsets, type WrittenOffset, type WrittenStyle } from './written-text.ts';

/** From a pointer within the document and an offset in its text. */
export type PlaceAt = (pointer: string, offset: number) => Place;

const maxIssues = 100;

export function locateNodes(
  contents: unknown,
  text: string,
  placeAt: PlaceAt,
  budget: TextBudget,
): LocatedText {
  const { maxDepth, maxExpanded, maxKeyLength, maxValues } = budget.bounds;
  const issues: Issue[] = [];
  const anchors = new Map<string, Node>();
  /** Collections that are being read: an alias to one of them would never end. */
  const open = new Set<Node>();
  let isBeyond = false;
  let expansions = 0;

  const report = (place: Place, code: string, message: string, hint?: string): void => {
    if (issues.length < maxIssues) issues.push(issueAt(place, 'error', code, message, hint));
  };

  /** A few lines of anchors can stand for billions of values: counted as they are expanded. */
  const isTooMuch = (node: unknown, place: Place): boolean => {
    if (isBeyond) return true;
    const length = isScalar(node) ? (node.source?.length ?? 0) : 0;
    const taken = budget.takeValue(place.pointer.length + length);
    if (taken === 'taken') return false;
    isBeyond = true;
    const much =
      taken === 'too-many'
        ? `more than ${maxValues} values`
        : `texts and pointers of more than ${maxExpanded} characters`;
    const isRepeated = expansions > 0;
    const code = isRepeated ? 'yaml-aliases' : 'too-large';
    const message = `the document has ${much}${isRepeated ? ', because aliases repeat them' : ''}`;
    const hint = isRepeated ? 'write the values out, or repeat less' : 'write less';
    // What was found before is of no use to somebody who has to make it much smaller.
    issues.splice(0, issues.length, issueAt(place, 'error', code, message, hint));
    return true;
  };

  const visit = (node: unknown, pointer: string, depth: number, fallback: number): Located => {
    if (isAlias(node)) return expand(node.source, node.range?.[0] ?? fallback, pointer, depth);
    const offset = offsetOf(node, fallback);
    const place = placeAt(pointer, offset);
    if (isTooMuch(node, place)) return nothing(place);
    if (depth > maxDepth) {
      report(place, 'yaml-too-deep', `aliases make this more than ${maxDepth} levels deep`);
      return nothing(place);
    }
    checkTag(node, pointer, offset);
    if (isScalar(node)) {
      remember(node);
      return scalarOf(node, place, text, placeAt);
    }
    if (isSeq(node)) {
      remember(node);
      const items = within(node, () =>
        node.items.map((item, index) => visit(item, `${pointer}/${index}`, depth + 1, offset)),
      );
      return { kind: 'list', items, place };
    }
    if (isMap(node)) {
      remember(node);
      return within(node, () => mapOf(node.items, pointer, place, depth));
    }
    return nothing(place);
  };

  const remember = (node: Node & { anchor?: string }): void => {
    if (node.anchor !== undefined && node.anchor !== '') anchors.set(node.anchor, node);
  };

  const within = <T>(node: Node, read: () => T): T => {
    open.add(node);
    const result = read();
    open.delete(node);
    return result;
  };

  const expand = (name: string, offset: number, pointer: string, depth: number): Located => {
    const place = placeAt(pointer, offset);
    const target = anchors.get(name);
    if (target === undefined) {
      const hint = `write &${name} before the value that is meant, or quotes around "*${name}"`;
      report(place, 'yaml-alias', `there is no anchor &${name} before this alias`, hint);
      return nothing(place);
    }
    if (open.has(target)) {
      report(place, 'yaml-alias', `the alias *${name} stands within the value it repeats`);
      return nothing(place);
    }
    expansions += 1;
    const value = visit(target, pointer, depth, offset);
    expansions -= 1;
    return value;
  };

  const mapOf = (
    pairs: readonly Pair[],
    pointer: string,
    place: Place,
    depth: number,
  ): LocatedMap => {
    const entries: LocatedEntry[] = [];
    const known = new Map<string, Place>();
    for (const pair of pairs) {
      if (isMergeKey(pair.key)) continue;
      const entry = entryOf(pair, pointer, place, depth);
      if (entry === undefined) continue;
      const before = known.get(entry.key);
      if (before === undefined) {
        known.set(entry.key, entry.keyPlace);
        entries.push(entry);
      } else reportDuplicate(entry, before);
    }
    for (const entry of pairs.flatMap((pair) => mergedBy(pair, pointer, depth))) {
      if (known.has(entry.key)) continue;
      known.set(entry.key, entry.keyPlace);
      entries.push(entry);
    }
    return { kind: 'map', entries, place };
  };

  /** Each merge copies, and merges of merges copy again: a copy counts like a value. */
  const isAffordable = ({ keyPlace }: LocatedEntry): boolean => !isTooMuch(undefined, keyPlace);

  /**
   * `<<: *common`, or a list of such: what the mapping does not say itself, the first that says it
   * (yaml.org/type/merge.html). Values keep the places where they are written.
   */
  const mergedBy = ({ key, value }: Pair, pointer: string, depth: number): LocatedEntry[] => {
    if (!isMergeKey(key)) return [];
    const offset = offsetOf(key, 0);
    const sources: readonly unknown[] = isSeq(value) ? value.items : [value];
    return sources.flatMap((source) => {
      const merged = visit(source, pointer, depth + 1, offset);
      if (merged.kind === 'map') return merged.entries.filter(isAffordable);
      const hint = 'give it a mapping, or a list of mappings: <<: *name';
      report(placeAt(pointer, offset), 'yaml-merge', 'a merge key (<<) needs a mapping', hint);
      return [];
    });
  };

  const entryOf = (
    pair: Pair,
    pointer: string,
    map: Place,
    depth: number,
  ): LocatedEntry | undefined => {
    const node = isAlias(pair.key) ? anchors.get(pair.key.source) : pair.key;
    const offset = offsetOf(pair.key, offsetOf(pair.value, 0));
    if (!isScalar(node) || (node.source === '' && !isQuoted(node))) {
      const place = pair.key === null ? map : placeAt(pointer, offset);
      report(
        place,
        'yaml-key',
        'a key must be a plain text',
        'is something missing before the colon?',
      );
      return undefined;
    }
    const key = node.source ?? String(node.value);
    if (key.length > maxKeyLength) {
      const message = `the key "${key.slice(0, 32)}…" has more than ${maxKeyLength} characters`;
      report(placeAt(pointer, offset), 'too-long', message, 'is a line break or a colon missing?');
      return undefined;
    }
    const inner = `${pointer}/${pointerToken(key)}`;
    const keyPlace = placeAt(inner, offset);
    checkTag(pair.key, inner, offset);
    remember(node);
    const value = visit(pair.value, inner, depth + 1, offset);
    // What was left out has no width: it stands where its key stands.
    const isLeftOut = value.kind === 'scalar' && value.source === '' && !value.quoted;
    return { key, keyPlace, value: isLeftOut ? { ...value, place: keyPlace } : value };
  };

  const reportDuplicate = ({ key, keyPlace }: LocatedEntry, before: Place): void => {
    const message = `"${key}" is given twice: already ${describePlace(before)}`;
    report(keyPlace, 'yaml-duplicate-key', message, 'keep one of them');
  };

  const checkTag = (node: unknown, pointer: string, offset: number): void => {
    const fault = issues.length < maxIssues ? tagFault(node, text, pointer, offset) : undefined;
    if (fault === undefined) return;
    report(placeAt(pointer, fault.offset), fault.code, fault.message, fault.hint);
  };

  const root = visit(contents, '', 1, 0);
  return issues.length > 0 ? { ok: false, issues } : { ok: true, root };
}

function scalarOf(node: Scalar, place: Place, text: string, placeAt: PlaceAt): LocatedScalar {
  const { value } = node;
  const source = node.source ?? '';
  const isText = typeof value === 'string' && value !== '';
  return {
    kind: 'scalar',
    value: isPlain(value) ? value : source,
    source,
    quoted: isQuoted(node),
    ...(isText && { placeWithin: placesWithin(node, value, text, placeAt) }),
    place,
  };
}

/** Compared with what was written only once somebody asks: most texts are without faults. */
function placesWithin(
  { range, type }: Scalar,
  value: string,
  text: string,
  placeAt: PlaceAt,
): (index: number) => Place {
  const [start, end] = range ?? [0, 0];
  const style = styles[type ?? 'PLAIN'] ?? 'plain';
  let offsets: WrittenOffset | undefined;
  return (index) => {
    offsets ??= writtenOffsets(text.slice(start, end), style, value);
    return placeAt('', start + offsets(index));
  };
}

const styles: Readonly<Record<string, WrittenStyle>> = {
  BLOCK_LITERAL: 'literal',
  BLOCK_FOLDED: 'folded',
  QUOTE_DOUBLE: 'double',
  QUOTE_SINGLE: 'single',
};

function offsetOf(node: unknown, fallback: number): number {
  if (isScalar(node) || isMap(node) || isSeq(node) || isAlias(node)) {
    return node.range?.[0] ?? fallback;
  }
  return fallback;
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.source === '<<' && !isQuoted(key);
}

/** A text by its form: quotes, a block, or the tag !!str. */
function isQuoted(node: Scalar): boolean {
  return (node.type !== undefined && node.type !== 'PLAIN') || node.tag?.endsWith(':str') === true;
}

function isPlain(value: unknown): value is LocatedScalar['value'] {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function nothing(place: Place): LocatedScalar {
  return { kind: 'scalar', value: null, source: '', quoted: false, place };
}
