/** The words of a selector. Source: libcalico-go/lib/selector/tokenizer/tokenizer.go. */
export type Kind =
  | (typeof symbols)[number]
  | (typeof operators)[number][0]
  | (typeof functions)[number]
  | 'has'
  | 'label'
  | 'string'
  | 'end';

export interface Token {
  readonly kind: Kind;
  /** A label's or function argument's name, a string's content, else as it was written. */
  readonly text: string;
  /** 1-based. */
  readonly column: number;
}

export type Tokens =
  | { readonly ok: true; readonly tokens: readonly Token[] }
  | { readonly ok: false; readonly message: string; readonly column: number };

const symbols = ['(', ')', '{', '}', ',', '==', '!=', '!', '&&', '||'] as const;

/** Operators are read only right after a label; elsewhere the same words are labels. */
const operators = [
  ['contains', /contains(?![\w./-])/y],
  ['starts with', /starts[ \t]*with(?![\w./-])/y],
  ['ends with', /ends[ \t]*with(?![\w./-])/y],
  ['not in', /not[ \t]*in(?![\w./-])/y],
  ['in', /in(?![\w./-])/y],
] as const;

/** No space before the parenthesis: `has (x)` is a label for Calico, and then an error. */
const functions = ['all', 'global'] as const;

const maxLabelLength = 512;

export function tokenize(text: string): Tokens {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    if (text[at] === ' ' || text[at] === '\t') {
      at += 1;
      continue;
    }
    const read = readToken(text, at, tokens.at(-1)?.kind);
    if ('message' in read) return { ok: false, message: read.message, column: at + 1 };
    tokens.push({ kind: read.kind, text: read.text, column: at + 1 });
    at = read.end;
  }
  tokens.push({ kind: 'end', text: '', column: text.length + 1 });
  return { ok: true, tokens };
}

type Read =
  | { readonly kind: Kind; readonly text: string; readonly end: number }
  | { readonly message: string };

function readToken(text: string, at: number, before: Kind | undefined): Read {
  const symbol = symbols.find((candidate) => text.startsWith(candidate, at));
  if (symbol !== undefined) return { kind: symbol, text: symbol, end: at + symbol.length };
  const first = text.charAt(at);
  if (first === '"' || first === "'") return readString(text, at, first);
  if (first === '=') return { message: 'a single = compares nothing: write ==' };
  if (first === '&' || first === '|') {
    return { message: `a single ${first} is no operator: write ${first}${first}` };
  }
  return before === 'label' ? readOperator(text, at) : readWord(text, at);
}

function readString(text: string, at: number, quote: string): Read {
  const end = text.indexOf(quote, at + 1);
  if (end === -1) return { message: `the string that starts here has no closing ${quote}` };
  return { kind: 'string', text: text.slice(at + 1, end), end: end + 1 };
}

function readOperator(text: string, at: number): Read {
  for (const [kind, pattern] of operators) {
    const found = matchAt(pattern, text, at);
    if (found !== undefined) return { kind, text: kind, end: at + found.length };
  }
  return {
    message:
      'expected an operator after a label: ==, !=, in, not in, contains, starts with, ends with',
  };
}

function readWord(text: string, at: number): Read {
  const has = /has\([ \t]*([\w./-]+)[ \t]*\)/y;
  has.lastIndex = at;
  const match = has.exec(text);
  if (match !== null) return { kind: 'has', text: match[1] ?? '', end: has.lastIndex };
  if (text.startsWith('has(', at))
    return { message: 'has(…) needs one label between its parentheses' };
  for (const name of functions) {
    if (!text.startsWith(`${name}(`, at)) continue;
    const found = matchAt(/\w+\([ \t]*\)/y, text, at);
    if (found === undefined) return { message: `${name}() takes nothing between its parentheses` };
    return { kind: name, text: found, end: at + found.length };
  }
  const label = matchAt(/[\w./-]+/y, text, at);
  if (label === undefined)
    return { message: `unexpected character ${JSON.stringify(characterAt(text, at))}` };
  if (label.length > maxLabelLength) {
    return { message: `a label's name is at most ${maxLabelLength} characters long` };
  }
  return { kind: 'label', text: label, end: at + label.length };
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  const sticky = new RegExp(pattern.source, 'y');
  sticky.lastIndex = at;
  return sticky.exec(text)?.[0];
}

/** The whole character, also one of two UTF-16 units. */
function characterAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at) ?? 0);
}
