/**
 * RFC 8785, JSON Canonicalization Scheme: no spaces, keys in the order of their UTF-16 code
 * units, numbers and strings as ECMAScript writes them. (The package `canonicalize` does the same,
 * but its types describe an ES module where it ships a CommonJS one.)
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  if (!isJsonScalar(value)) throw new TypeError(`cannot write a ${typeof value} as JSON`);
  return JSON.stringify(value);
}

function isJsonScalar(value: unknown): value is string | number | boolean | null {
  if (typeof value === 'number') return Number.isFinite(value);
  return value === null || typeof value === 'string' || typeof value === 'boolean';
}
