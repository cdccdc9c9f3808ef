/** Whether the text is longer in UTF-8, where a UTF-16 unit becomes one to three bytes. */
export function isLonger(text: string, maxBytes: number): boolean {
  if (text.length > maxBytes) return true;
  return text.length * 3 > maxBytes && new TextEncoder().encode(text).length > maxBytes;
}
