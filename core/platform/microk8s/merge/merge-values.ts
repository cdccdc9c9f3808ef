/**
 * Merges two successors of one value: "mine" is what people made of it, "shipped" is the new release. Only
 * the changes of people are looked for, because the result is the new release with these changes in it.
 */
import { mergeText } from './merge-text.ts';
import { fieldOf, isList, isMap, isSame, type YamlMap, type YamlValue } from './yaml-value.ts';

/** One step into a value: a field, the item of a list that has this value there, or an item that is a text. */
export type MergeStep =
  string | { readonly key: string; readonly value: string } | { readonly item: string };

export type MergePath = readonly MergeStep[];

/** A change of people. An absent value means that the field is not there. */
export interface Carried {
  readonly path: MergePath;
  /** The value that the new release gets at this place. */
  readonly value?: YamlValue;
  /** The value that the new release has there. */
  readonly shipped?: YamlValue;
  /** True: made of both, because each changed another part of the value. */
  readonly isCombined?: true;
}

/** People and the new release changed the same field, each in another way. */
export interface Conflict {
  readonly path: MergePath;
  readonly before?: YamlValue;
  readonly mine?: YamlValue;
  readonly shipped?: YamlValue;
}

export interface Merged {
  readonly carried: readonly Carried[];
  readonly conflicts: readonly Conflict[];
}

interface Three {
  readonly before: YamlValue | undefined;
  readonly mine: YamlValue | undefined;
  readonly shipped: YamlValue | undefined;
}

const nothing: Merged = { carried: [], conflicts: [] };

/** @param path where the three values stand, for the answer */
export function mergeValues(three: Three, path: MergePath = []): Merged {
  const { before, mine, shipped } = three;
  if (isSame(mine, before) || isSame(mine, shipped)) return nothing;
  if (isMap(mine) && isMap(shipped) && (before === undefined || isMap(before))) {
    return mergeMaps({ before, mine, shipped }, path);
  }
  if (isList(mine) && isList(shipped) && isList(before)) {
    return mergeLists({ before, mine, shipped }, path);
  }
  return mergeWhole(three, path);
}

function mergeMaps(
  three: { before: YamlMap | undefined; mine: YamlMap; shipped: YamlMap },
  path: MergePath,
): Merged {
  const { before, mine, shipped } = three;
  const keys = new Set([before ?? {}, mine, shipped].flatMap((one) => Object.keys(one)));
  return joined(
    [...keys].map((key) =>
      mergeValues(
        { before: fieldOf(before, key), mine: fieldOf(mine, key), shipped: fieldOf(shipped, key) },
        [...path, key],
      ),
    ),
  );
}

interface ThreeLists<T = YamlValue> {
  readonly before: readonly T[];
  readonly mine: readonly T[];
  readonly shipped: readonly T[];
}

function mergeLists(three: ThreeLists, path: MergePath): Merged {
  const lists = [three.before, three.mine, three.shipped];
  const key = itemKeys.find((one) => lists.every((list) => isKeyedBy(list, one)));
  if (key !== undefined) return mergeItems(three, key, path);
  const { before, mine, shipped } = three;
  return isSet(before) && isSet(mine) && isSet(shipped)
    ? mergeSets({ before, mine, shipped }, path)
    : mergeWhole(three, path);
}

/**
 * The fields by which Kubernetes tells items of a list apart. mountPath comes before name: a volume may be
 * mounted at two places.
 */
const itemKeys = ['mountPath', 'name'];

/** Absent where the item is no mapping, or has no text under this key. */
function keyOf(item: YamlValue, key: string): string | undefined {
  const value = isMap(item) ? fieldOf(item, key) : undefined;
  return typeof value === 'string' ? value : undefined;
}

function isKeyedBy(list: readonly YamlValue[], key: string): boolean {
  const values = list.map((item) => keyOf(item, key));
  return !values.includes(undefined) && new Set(values).size === list.length;
}

function itemsBy(list: readonly YamlValue[], key: string): ReadonlyMap<string, YamlValue> {
  return new Map(list.map((item) => [keyOf(item, key) ?? '', item] as const));
}

function mergeItems(three: ThreeLists, key: string, path: MergePath): Merged {
  const before = itemsBy(three.before, key);
  const mine = itemsBy(three.mine, key);
  const shipped = itemsBy(three.shipped, key);
  const values = new Set([before, mine, shipped].flatMap((items) => [...items.keys()]));
  return joined(
    [...values].map((value) =>
      mergeValues(
        { before: before.get(value), mine: mine.get(value), shipped: shipped.get(value) },
        [...path, { key, value }],
      ),
    ),
  );
}

/** Texts that are all different. */
function isSet(list: readonly YamlValue[]): list is readonly string[] {
  return list.every((item) => typeof item === 'string') && new Set(list).size === list.length;
}

/** Arguments of a probe, verbs of a role: each item is added or taken away for itself. */
function mergeSets({ before, mine, shipped }: ThreeLists<string>, path: MergePath): Merged {
  const added = mine.filter((item) => !before.includes(item) && !shipped.includes(item));
  const removed = before.filter((item) => !mine.includes(item) && shipped.includes(item));
  return {
    carried: [
      ...removed.map((item) => ({ path: [...path, { item }], shipped: item })),
      ...added.map((item) => ({ path: [...path, { item }], value: item })),
    ],
    conflicts: [],
  };
}

function mergeWhole({ before, mine, shipped }: Three, path: MergePath): Merged {
  const both = {
    path,
    ...(mine !== undefined && { mine }),
    ...(shipped !== undefined && { shipped }),
  };
  if (isSame(shipped, before)) {
    const { mine: value, ...place } = both;
    return { carried: [{ ...place, ...(value !== undefined && { value }) }], conflicts: [] };
  }
  const texts = [before, mine, shipped].filter((one) => typeof one === 'string');
  const [old, own, fresh] = texts;
  if (old !== undefined && own !== undefined && fresh !== undefined) {
    const value = mergeText(old, own, fresh);
    if (value !== undefined) {
      return { carried: [{ path, value, shipped: fresh, isCombined: true }], conflicts: [] };
    }
  }
  return { carried: [], conflicts: [{ ...both, ...(before !== undefined && { before }) }] };
}

function joined(all: readonly Merged[]): Merged {
  return {
    carried: all.flatMap(({ carried }) => carried),
    conflicts: all.flatMap(({ conflicts }) => conflicts),
  };
}
