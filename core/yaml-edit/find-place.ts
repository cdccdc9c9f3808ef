/** Where a path leads in a document: to an entry, or to the mapping that lacks it. */
import { isMap, isSeq, type YAMLMap } from 'yaml';
import { entriesOf, hasKey, startOf, type Entry, type OpenDocument } from './open-document.ts';
import type { YamlPath } from './plain-edit.ts';

export type FoundPlace =
  | {
      readonly kind: 'entry';
      readonly entry: Entry;
      readonly map: YAMLMap;
      readonly siblings: readonly Entry[];
      /** The entry whose value the mapping is; undefined: an item of a list, or the whole document. */
      readonly parent?: Entry;
    }
  /** An item of a list. */
  | { readonly kind: 'item'; readonly value: unknown }
  | {
      readonly kind: 'missing';
      /** Where the rest of the path is to be added. */
      readonly map: YAMLMap;
      readonly siblings: readonly Entry[];
      readonly parent?: Entry;
      readonly rest: readonly [string, ...string[]];
    }
  /** An entry without a value (`calico:`), which is to become a mapping. */
  | {
      readonly kind: 'no-value';
      readonly entry: Entry;
      readonly rest: readonly [string, ...string[]];
    };

/** undefined: something else than mappings and lists is on the way. */
export function findPlace({ root }: OpenDocument, path: YamlPath): FoundPlace | undefined {
  return find(root, path, undefined);
}

function find(node: unknown, path: YamlPath, parent: Entry | undefined): FoundPlace | undefined {
  const [first, ...rest] = path;
  if (first === undefined) return undefined;
  if (isSeq(node)) {
    const item: unknown = typeof first === 'number' ? node.items[first] : undefined;
    if (item === undefined) return undefined;
    return rest.length === 0 ? { kind: 'item', value: item } : find(item, rest, undefined);
  }
  const siblings = isMap(node) ? entriesOf(node) : undefined;
  if (!isMap(node) || siblings === undefined) return undefined;
  const name = String(first);
  const entry = siblings.find((sibling) => hasKey(sibling, name));
  const above = parent === undefined ? {} : { parent };
  if (entry === undefined) {
    return { kind: 'missing', map: node, siblings, ...above, rest: [name, ...rest.map(String)] };
  }
  const [second, ...others] = rest;
  if (second === undefined) return { kind: 'entry', entry, map: node, siblings, ...above };
  if (startOf(entry.value) === undefined) {
    return { kind: 'no-value', entry, rest: [String(second), ...others.map(String)] };
  }
  return find(entry.value, rest, entry);
}
