/** The integer for a text such as 4.2e+09; undefined: it is none. */
export function wholeNumberOf(source: string): number | undefined {
  if (!/^\d(?:\.\d{1,20})?e\+?\d{1,2}$/i.test(source)) return undefined;
  const value = Number(source);
  return Number.isSafeInteger(value) ? value : undefined;
}
