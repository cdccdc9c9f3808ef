/** Nodes of the YAML library → the located tree; aliases are expanded, within a bound. */
import { isAlias, isMap, isScalar, isSeq, type Node, type Pair, type Scalar } from 'yaml';
import { pointerToken, type Issue, type Place } from '../../issue.ts';
import { describePlace, issueAt } from '../../findings.ts';
import type { Located, LocatedEntry, LocatedMap, LocatedScalar, LocatedText } from './located.ts';
import { isQuoted, scalarOf, type PlaceAt } from './located-scalar.ts';
import type { TextBudget } from './text-budget.ts';
import { tagFault } from './yaml-tag.ts';

const maxIssues = 100;

export function locateNodes(
  contents: unknown,
  text: string,
  placeAt: PlaceAt,
  budget: TextBudget,
): LocatedText {
  return new Locator(text, placeAt, budget).locate(contents);
}

/** The place of a value: its pointer, and its depth. */
interface Spot {
  readonly pointer: string;
  readonly depth: number;
}

class Locator {
  readonly #text: string;
  readonly #placeAt: PlaceAt;
  readonly #budget: TextBudget;
  readonly #issues: Issue[] = [];
  readonly #anchors = new Map<string, Node>();
  /** Collections that are being read. An alias to one of them would never end. */
  readonly #open = new Set<Node>();
  #isBeyond = false;
  #expansions = 0;

  constructor(text: string, placeAt: PlaceAt, budget: TextBudget) {
    this.#text = text;
    this.#placeAt = placeAt;
    this.#budget = budget;
  }

  locate(contents: unknown): LocatedText {
    const root = this.#visit(contents, { pointer: '', depth: 1 }, 0);
    return this.#issues.length > 0 ? { ok: false, issues: this.#issues } : { ok: true, root };
  }

  /** @param fallback the offset of a node that has none */
  #visit(node: unknown, { pointer, depth }: Spot, fallback: number): Located {
    const offset = offsetOf(node, fallback);
    if (isAlias(node)) return this.#expand(node.source, offset, { pointer, depth });
    const place = this.#placeAt(pointer, offset);
    if (this.#isTooMuch(node, place)) return nothing(place);
    const { maxDepth } = this.#budget.bounds;
    if (depth > maxDepth) {
      this.#report(place, 'yaml-too-deep', `aliases make this more than ${maxDepth} levels deep`);
      return nothing(place);
    }
    this.#checkTag(node, pointer, offset);
    if (isScalar(node)) {
      this.#remember(node);
      return scalarOf(node, place, this.#text, this.#placeAt);
    }
    if (isSeq(node)) {
      this.#remember(node);
      const items = this.#within(node, () =>
        node.items.map((item, index) =>
          this.#visit(item, { pointer: `${pointer}/${index}`, depth: depth + 1 }, offset),
        ),
      );
      return { kind: 'list', items, place };
    }
    if (isMap(node)) {
      this.#remember(node);
      return this.#within(node, () => this.#mapOf(node.items, { pointer, depth }, place));
    }
    return nothing(place);
  }

  #remember(node: Node & { anchor?: string }): void {
    if (node.anchor !== undefined && node.anchor !== '') this.#anchors.set(node.anchor, node);
  }

  #within<T>(node: Node, read: () => T): T {
    this.#open.add(node);
    const result = read();
    this.#open.delete(node);
    return result;
  }

  #expand(name: string, offset: number, spot: Spot): Located {
    const place = this.#placeAt(spot.pointer, offset);
    const target = this.#anchors.get(name);
    if (target === undefined) {
      const hint = `write &${name} before the value that is meant, or quotes around "*${name}"`;
      this.#report(place, 'yaml-alias', `there is no anchor &${name} before this alias`, hint);
      return nothing(place);
    }
    if (this.#open.has(target)) {
      this.#report(place, 'yaml-alias', `the alias *${name} stands within the value it repeats`);
      return nothing(place);
    }
    this.#expansions += 1;
    const value = this.#visit(target, spot, offset);
    this.#expansions -= 1;
    return value;
  }

  #mapOf(pairs: readonly Pair[], spot: Spot, place: Place): LocatedMap {
    const entries: LocatedEntry[] = [];
    const known = new Map<string, Place>();
    for (const pair of pairs) {
      if (isMergeKey(pair.key)) continue;
      const entry = this.#entryOf(pair, spot, place);
      if (entry === undefined) continue;
      const before = known.get(entry.key);
      if (before === undefined) {
        known.set(entry.key, entry.keyPlace);
        entries.push(entry);
      } else this.#reportDuplicate(entry, before);
    }
    for (const entry of pairs.flatMap((pair) => this.#mergedBy(pair, spot))) {
      if (known.has(entry.key)) continue;
      known.set(entry.key, entry.keyPlace);
      entries.push(entry);
    }
    return { kind: 'map', entries, place };
  }

  /**
   * `<<: *common`, or a list of such: keys that the mapping does not have come from the first one
   * that has them (yaml.org/type/merge.html). Values keep their places.
   */
  #mergedBy({ key, value }: Pair, { pointer, depth }: Spot): LocatedEntry[] {
    if (!isMergeKey(key)) return [];
    const offset = offsetOf(key, 0);
    const sources: readonly unknown[] = isSeq(value) ? value.items : [value];
    return sources.flatMap((source) => {
      const merged = this.#visit(source, { pointer, depth: depth + 1 }, offset);
      if (merged.kind === 'map') {
        // A copied value counts like any other, because merges of merges copy again.
        return merged.entries.filter(({ keyPlace }) => !this.#isTooMuch(undefined, keyPlace));
      }
      const hint = 'give it a mapping, or a list of mappings: <<: *name';
      const place = this.#placeAt(pointer, offset);
      this.#report(place, 'yaml-merge', 'a merge key (<<) needs a mapping', hint);
      return [];
    });
  }

  #entryOf(pair: Pair, spot: Spot, map: Place): LocatedEntry | undefined {
    const offset = offsetOf(pair.key, offsetOf(pair.value, 0));
    const named = this.#keyOf(pair, offset, spot.pointer, map);
    if (named === undefined) return undefined;
    const { key, node } = named;
    const pointer = `${spot.pointer}/${pointerToken(key)}`;
    const keyPlace = this.#placeAt(pointer, offset);
    this.#checkTag(pair.key, pointer, offset);
    this.#remember(node);
    const value = this.#visit(pair.value, { pointer, depth: spot.depth + 1 }, offset);
    // A missing value gets the place of its key.
    const isLeftOut = value.kind === 'scalar' && value.source === '' && !value.quoted;
    return { key, keyPlace, value: isLeftOut ? { ...value, place: keyPlace } : value };
  }

  /** undefined: it is not a key; the issue is reported. */
  #keyOf(
    pair: Pair,
    offset: number,
    pointer: string,
    map: Place,
  ): { readonly key: string; readonly node: Scalar } | undefined {
    const node = isAlias(pair.key) ? this.#anchors.get(pair.key.source) : pair.key;
    if (!isScalar(node) || (node.source === '' && !isQuoted(node))) {
      const place = pair.key === null ? map : this.#placeAt(pointer, offset);
      const hint = 'is something missing before the colon?';
      this.#report(place, 'yaml-key', 'a key must be a plain text', hint);
      return undefined;
    }
    const key = node.source ?? String(node.value);
    const { maxKeyLength } = this.#budget.bounds;
    if (key.length > maxKeyLength) {
      const message = `the key "${key.slice(0, 32)}…" has more than ${maxKeyLength} characters`;
      const hint = 'is a line break or a colon missing?';
      this.#report(this.#placeAt(pointer, offset), 'too-long', message, hint);
      return undefined;
    }
    return { key, node };
  }

  /**
   * Counts values while aliases are expanded, because a few lines of anchors can stand for
   * billions.
   */
  #isTooMuch(node: unknown, place: Place): boolean {
    if (this.#isBeyond) return true;
    const length = isScalar(node) ? (node.source?.length ?? 0) : 0;
    const taken = this.#budget.takeValue(place.pointer.length + length);
    if (taken === 'taken') return false;
    this.#isBeyond = true;
    const { maxExpanded, maxValues } = this.#budget.bounds;
    const much =
      taken === 'too-many'
        ? `more than ${maxValues} values`
        : `texts and pointers of more than ${maxExpanded} characters`;
    const isRepeated = this.#expansions > 0;
    const code = isRepeated ? 'yaml-aliases' : 'too-large';
    const message = `the document has ${much}${isRepeated ? ', because aliases repeat them' : ''}`;
    const hint = isRepeated ? 'write the values out, or repeat less' : 'write less';
    // Drops earlier issues: the document has to become much smaller first.
    this.#issues.splice(0, this.#issues.length, issueAt(place, 'error', code, message, hint));
    return true;
  }

  #checkTag(node: unknown, pointer: string, offset: number): void {
    if (this.#issues.length >= maxIssues) return;
    const fault = tagFault(node, this.#text, pointer, offset);
    if (fault === undefined) return;
    this.#report(this.#placeAt(pointer, fault.offset), fault.code, fault.message, fault.hint);
  }

  #reportDuplicate({ key, keyPlace }: LocatedEntry, before: Place): void {
    const message = `"${key}" is given twice: already ${describePlace(before)}`;
    this.#report(keyPlace, 'yaml-duplicate-key', message, 'keep one of them');
  }

  #report(place: Place, code: string, message: string, hint?: string): void {
    if (this.#issues.length >= maxIssues) return;
    this.#issues.push(issueAt(place, 'error', code, message, hint));
  }
}

function offsetOf(node: unknown, fallback: number): number {
  if (isScalar(node) || isMap(node) || isSeq(node) || isAlias(node)) {
    return node.range?.[0] ?? fallback;
  }
  return fallback;
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.source === '<<' && !isQuoted(key);
}

function nothing(place: Place): LocatedScalar {
  return { kind: 'scalar', value: null, source: '', quoted: false, place };
}
