/** What the YAML reader complains of, in our words. */
import type { CST, YAMLError } from 'yaml';

/** A fault at an offset in the text; it gets its place from whoever knows the lines. */
export interface Fault {
  readonly offset: number;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** Never by the message: by the library's stable error codes. */
const hints: Readonly<Partial<Record<FaultCode, string>>> = {
  BAD_ALIAS:
    'an alias *name needs an anchor &name before it; a text that begins with * needs quotes',
  BAD_DQ_ESCAPE: 'in double quotes a backslash begins an escape: write \\\\, or use single quotes',
  BAD_INDENT:
    'entries of one mapping or list begin in the same column, and every bracket is closed',
  BAD_SCALAR_START: 'a text that begins with this character needs quotes',
  BLOCK_AS_IMPLICIT_KEY: 'is a line break missing, or are quotes needed around a text with ": "?',
  BLOCK_IN_FLOW: 'within brackets, lists and mappings are written with brackets too',
  MISSING_CHAR: 'is a closing quote or bracket, a comma, or the colon after a key missing?',
  MULTILINE_IMPLICIT_KEY: 'is the colon after a key missing, or a space after the colon?',
  TAB_AS_INDENT: 'YAML is indented with spaces, not with tabs',
  UNEXPECTED_TOKEN: 'is the indentation right, and is every quote and bracket closed?',
};

export type FaultCode = YAMLError['code'];

export function faultOf(offset: number, code: FaultCode, message: string): Fault {
  const hint = hints[code];
  return {
    offset: Math.max(0, offset),
    code: code === 'TAB_AS_INDENT' ? 'yaml-tab' : 'yaml-syntax',
    message: `broken YAML: ${plain(message)}`,
    ...(hint === undefined ? {} : { hint }),
  };
}

export function faultOfToken(token: CST.ErrorToken): Fault {
  return {
    offset: token.offset,
    code: 'yaml-syntax',
    message: `broken YAML: ${plain(token.message)}`,
    hint: hints.UNEXPECTED_TOKEN ?? '',
  };
}

/** One short line that begins with a small letter and ends without a full stop. */
function plain(message: string): string {
  const line = (message.split('\n', 1)[0] ?? '').slice(0, 200).replace(/[.:]$/, '');
  return line.charAt(0).toLowerCase() + line.slice(1);
}
