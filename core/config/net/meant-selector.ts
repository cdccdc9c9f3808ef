/**
 * The selector of Calico for one in the form of another tool: Kubernetes (`rack=r1,!gpu`,
 * `zone in (a, b)`), a word processor's quotes, SQL's `and`, `or` and `not`.
 */
import { parseSelector } from './selector.ts';

/** In Calico's form; undefined where nobody can tell. */
export function meantSelector(text: string): string | undefined {
  if (text.length > maxLength) return undefined;
  const words = [...text.matchAll(anyWord)].map(([word]) => word);
  if (words.join('') !== text) return undefined;
  const reader = readerOf(words.filter((word) => word.trim() !== ''));
  const meant = readAny(reader, 0);
  return meant !== undefined && reader.peek() === undefined && parseSelector(meant).ok
    ? meant
    : undefined;
}

const maxLength = 1024;
const maxDepth = 16;

const anyWord =
  /\s+|"[^"]*"|'[^']*'|[“”„][^“”]*[“”]|[‘’‚][^‘’]*[‘’]|&+|\|+|!?=+|!|[(){}[\],:]|[^\s"'“”„‘’‚=!&|(){}[\],:]+/gu;

interface Reader {
  peek(): string | undefined;
  /** The next word, where it is one of these in whatever letters. */
  take(...words: readonly string[]): string | undefined;
  /** The next word, where it has this form. */
  match(form: RegExp): string | undefined;
}

function readerOf(words: readonly string[]): Reader {
  let next = 0;
  const takeIf = (isMeant: (word: string) => boolean): string | undefined => {
    const word = words[next];
    if (word === undefined || !isMeant(word)) return undefined;
    next += 1;
    return word;
  };
  return {
    peek: () => words[next],
    take: (...known) => takeIf((word) => known.includes(word.toLowerCase())),
    match: (form) => takeIf((word) => form.test(word)),
  };
}

type Read = (reader: Reader, depth: number) => string | undefined;

function joined(part: Read, words: readonly string[], operator: string): Read {
  return (reader, depth) => {
    const parts = [part(reader, depth)];
    while (reader.take(...words) !== undefined) parts.push(part(reader, depth));
    return parts.every((one) => one !== undefined) ? parts.join(` ${operator} `) : undefined;
  };
}

const readAny: Read = joined(
  joined(readOne, ['and', '&&', '&', ','], '&&'),
  ['or', '||', '|'],
  '||',
);

function readOne(reader: Reader, depth: number): string | undefined {
  if (depth > maxDepth) return undefined;
  if (reader.take('!', 'not') !== undefined) {
    const negated = readOne(reader, depth + 1);
    return negated === undefined ? undefined : `!${negated}`;
  }
  if (reader.take('(') !== undefined) {
    const inside = readAny(reader, depth + 1);
    return inside === undefined || reader.take(')') === undefined ? undefined : `(${inside})`;
  }
  if (reader.take('*') !== undefined) return 'all()';
  const value = readQuoted(reader);
  return value === undefined ? readLabel(reader) : readTurned(value, reader);
}

function readLabel(reader: Reader): string | undefined {
  const label = reader.match(labelName);
  if (label === undefined) return undefined;
  if (reader.take('(') !== undefined) return readCall(label, reader);
  if (label.toLowerCase() === 'all') return 'all()';
  const equal = reader.take('=', '==', '===', ':', 'is');
  const operator = equal === undefined ? readOperator(reader) : '==';
  if (operator === undefined) {
    reader.take('exists');
    return `has(${label})`;
  }
  const value = operator.endsWith('in') ? readSet(reader) : quoted(readValue(reader));
  return value === undefined ? undefined : `${label} ${operator} ${value}`;
}

const labelName = /^[\w./-]+$/;

/** `has('x')`, `exists(x)`, `all( )`. */
function readCall(name: string, reader: Reader): string | undefined {
  const label = reader.match(labelName) ?? readQuoted(reader);
  if (reader.take(')') === undefined) return undefined;
  if (label === undefined) return /^(?:all|global)$/i.test(name) ? 'all()' : undefined;
  return /^(?:has|exists)$/i.test(name) ? `has(${label})` : undefined;
}

function readOperator(reader: Reader): string | undefined {
  if (reader.take('!=', '!==') !== undefined) return '!=';
  if (reader.take('contains') !== undefined) return 'contains';
  if (reader.take('startswith') !== undefined) return 'starts with';
  if (reader.take('endswith') !== undefined) return 'ends with';
  if (reader.take('starts') !== undefined) return reader.take('with') && 'starts with';
  if (reader.take('ends') !== undefined) return reader.take('with') && 'ends with';
  if (reader.take('notin') !== undefined) return 'not in';
  if (reader.take('not') !== undefined) return reader.take('in') && 'not in';
  return reader.take('in') && 'in';
}

/** `'r1' == rack`, the other way round. */
function readTurned(value: string, reader: Reader): string | undefined {
  const isEqual = reader.take('=', '==', '===') !== undefined;
  if (!isEqual && reader.take('!=', '!==') === undefined) return undefined;
  const label = reader.match(labelName);
  const text = quoted(value);
  return label === undefined || text === undefined
    ? undefined
    : `${label} ${isEqual ? '==' : '!='} ${text}`;
}

function readSet(reader: Reader): string | undefined {
  if (reader.take('(', '{', '[') === undefined) return undefined;
  const values: (string | undefined)[] = [];
  while (reader.take(')', '}', ']') === undefined) {
    const value = quoted(readValue(reader));
    if (value === undefined) return undefined;
    values.push(value);
    reader.take(',');
  }
  return `{${values.join(', ')}}`;
}

function readValue(reader: Reader): string | undefined {
  return readQuoted(reader) ?? reader.match(/^[^\s=!&|(){}[\],:"'“”„‘’‚]+$/u);
}

function readQuoted(reader: Reader): string | undefined {
  return reader.match(/^["'“”„‘’‚].*["'“”‘’]$/su)?.slice(1, -1);
}

/** Calico's selectors have no escapes. */
function quoted(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const quote = ["'", '"'].find((one) => !value.includes(one));
  return quote === undefined ? undefined : `${quote}${value}${quote}`;
}
