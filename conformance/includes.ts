/**
 * Where a message differs from the fields that are expected of it, as a JSON pointer; undefined: it has them
 * all. Fields that are not expected may have any value.
 */
export function differenceFrom(expected: unknown, actual: unknown, at = ''): string | undefined {
  if (typeof expected !== 'object' || expected === null) {
    return Object.is(expected, actual) ? undefined : at;
  }
  if (typeof actual !== 'object' || actual === null) return at;
  const fields = new Map<string, unknown>(Object.entries(actual));
  for (const [name, value] of Object.entries(expected)) {
    const difference = differenceFrom(value, fields.get(name), `${at}/${name}`);
    if (difference !== undefined) return difference;
  }
  return undefined;
}
