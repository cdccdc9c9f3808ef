/** A value of a Kubernetes manifest, and a way to compare two. */
export type YamlValue = string | number | boolean | null | readonly YamlValue[] | YamlMap;

export interface YamlMap {
  readonly [key: string]: YamlValue;
}

export function isMap(value: YamlValue | undefined): value is YamlMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: YamlValue | undefined): value is readonly YamlValue[] {
  return Array.isArray(value);
}

/** The order of keys does not count; the order of a list does. Two absent values are equal. */
export function isSame(one: YamlValue | undefined, other: YamlValue | undefined): boolean {
  if (isMap(one) && isMap(other)) {
    const keys = Object.keys(one);
    return (
      keys.length === Object.keys(other).length &&
      keys.every((key) => Object.hasOwn(other, key) && isSame(one[key], other[key]))
    );
  }
  if (isList(one) && isList(other)) {
    return one.length === other.length && one.every((item, index) => isSame(item, other[index]));
  }
  return one === other;
}

/** A field of its own, so that `constructor` is absent from an empty mapping. */
export function fieldOf(value: YamlMap | undefined, key: string): YamlValue | undefined {
  return value !== undefined && Object.hasOwn(value, key) ? value[key] : undefined;
}
