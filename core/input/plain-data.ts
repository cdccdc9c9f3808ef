/** Reads values from parsed documents of other programs, in which any value may be anywhere. */

export type PlainMap = Readonly<Record<string, unknown>>;

export function isMap(value: unknown): value is PlainMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at the end of the path; undefined: the document does not have the path. */
export function valueAt(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (isMap(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined),
    value,
  );
}

export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = valueAt(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

export function entriesAt(value: unknown, ...path: readonly string[]): [string, unknown][] {
  const found = valueAt(value, ...path);
  return isMap(found) ? Object.entries(found) : [];
}

function isTextMember(member: [string, unknown]): member is [string, string] {
  return typeof member[1] === 'string';
}

export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = valueAt(value, ...path);
  return Array.isArray(found) ? found : [];
}

export function textsAt(value: unknown, ...path: readonly string[]): string[] {
  return listAt(value, ...path).filter((item) => typeof item === 'string');
}

/** The entries of a map whose values are text: labels, annotations. */
export function textMapAt(
  value: unknown,
  ...path: readonly string[]
): Readonly<Record<string, string>> {
  return Object.fromEntries(entriesAt(value, ...path).filter(isTextMember));
}
