/** Sorts by code units: the same everywhere, whatever the language of the machine. */
export function byText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
