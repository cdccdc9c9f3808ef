/** The faults that the YAML reader finds, in our words. */
import type { CST, YAMLError } from 'yaml';

/** A fault at an offset in the text; the caller, which has the lines, gives it a place. */
export interface Fault {
  readonly offset: number;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

export type FaultCode = YAMLError['code'];

interface Words {
  readonly message: string;
  readonly hint?: string;
}

const tags = 'a tag does not fit its value';

/**
 * The library's texts are for people who know its parser, so only its stable codes count. A code of
 * a newer version does not compile without its words.
 */
const words: Readonly<Record<FaultCode, Words>> = {
  ALIAS_PROPS: { message: 'an alias has a tag or an anchor before it' },
  BAD_ALIAS: {
    message: 'an alias or an anchor has no name that can be read',
    hint: 'an alias *name needs an anchor &name before it; a text that begins with * needs quotes',
  },
  BAD_COLLECTION_TYPE: { message: tags },
  BAD_DIRECTIVE: { message: 'a line that begins with % is no directive of YAML' },
  BAD_DQ_ESCAPE: {
    message: 'YAML has no such escape',
    hint: 'in double quotes a backslash begins an escape: write \\\\, or use single quotes',
  },
  BAD_INDENT: {
    message: 'the indentation does not fit the lines above',
    hint: 'entries of one mapping or list begin in the same column, and every bracket is closed',
  },
  BAD_PROP_ORDER: { message: 'a tag or an anchor stands before the "-", "?" or ":" of its value' },
  BAD_SCALAR_START: {
    message: 'a text without quotes cannot begin with this character',
    hint: 'a text that begins with this character needs quotes',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'a list or a second key with ": " stands where one value is expected',
    hint: 'is a line break missing, or are quotes needed around a text with ": "?',
  },
  BLOCK_IN_FLOW: {
    message: 'a list or a mapping without brackets stands within brackets',
    hint: 'within brackets, lists and mappings are written with brackets too',
  },
  DUPLICATE_KEY: { message: 'a key stands here twice' },
  IMPOSSIBLE: { message: 'this is not YAML' },
  KEY_OVER_1024_CHARS: { message: 'a key is longer than 1024 characters' },
  MISSING_CHAR: {
    message: 'a character is missing here',
    hint: 'is a comma, a space, or the colon after a key missing?',
  },
  MULTILINE_IMPLICIT_KEY: {
    message: 'a key goes over more than one line',
    hint: 'is the colon after a key missing, or a space after the colon?',
  },
  MULTIPLE_ANCHORS: { message: 'a value has two anchors' },
  MULTIPLE_DOCS: { message: 'a second document begins here' },
  MULTIPLE_TAGS: { message: 'a value has two tags' },
  NON_STRING_KEY: { message: 'a key is no text' },
  RESOURCE_EXHAUSTION: { message: 'the text is nested too deeply' },
  TAB_AS_INDENT: {
    message: 'tabs are not allowed as indentation',
    hint: 'YAML is indented with spaces, not with tabs',
  },
  TAG_RESOLVE_FAILED: { message: tags },
  UNEXPECTED_TOKEN: {
    message: 'this cannot stand here',
    hint: 'is the indentation right, and is every quote and bracket closed?',
  },
};

export function faultOf(offset: number, code: FaultCode): Fault {
  const { message, hint } = words[code];
  return {
    offset: Math.max(0, offset),
    code: code === 'TAB_AS_INDENT' ? 'yaml-tab' : 'yaml-syntax',
    message: `broken YAML: ${message}`,
    ...(hint !== undefined && { hint }),
  };
}

export function faultOfToken({ offset }: CST.ErrorToken): Fault {
  return faultOf(offset, 'UNEXPECTED_TOKEN');
}
