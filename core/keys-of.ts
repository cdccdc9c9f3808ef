/** The keys of a table whose type lists them. */
export function keysOf<K extends string>(table: Readonly<Record<K, unknown>>): readonly K[];
export function keysOf(table: object): readonly string[] {
  return Object.keys(table);
}
