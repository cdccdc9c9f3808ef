/** Lines of a text, by offsets. */

export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** The offset at which the line after this content begins; the text's end where there is none. */
export function lineAfter(text: string, contentEnd: number): number {
  if (contentEnd > 0 && text[contentEnd - 1] === '\n') return contentEnd;
  const end = text.indexOf('\n', contentEnd);
  return end === -1 ? text.length : end + 1;
}

/** The line break that the text uses. */
export function lineBreak(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

/** Whether only white space stands between the line's begin and this offset. */
export function isFirstOfLine(text: string, offset: number): boolean {
  return text.slice(lineStart(text, offset), offset).trim() === '';
}
