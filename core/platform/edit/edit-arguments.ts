/**
 * Edits an arguments file: the value of an option, and not one byte more. See
 * core/platform/arguments/arguments-file.ts for what the platform reads there.
 */
import { expandVariables } from '../arguments/arguments-file.ts';
import { lineEndOf, linesOf, refusedEdit, type Edited } from './edited.ts';
import type { ArgumentsEdit } from './file-edit.ts';

/** A word of a line, as it is written. */
interface Word {
  readonly from: number;
  readonly to: number;
  /** As kubelite reads it, before variables are expanded. */
  readonly text: string;
}

interface Occurrence {
  /** The words that it is made of: one, or two. */
  readonly words: readonly [Word] | readonly [Word, Word];
  readonly value: string;
}

export function editArguments(
  text: string,
  { option, values }: Pick<ArgumentsEdit, 'option' | 'values'>,
): Edited {
  const unwritable = values.find((value) => /[\s"'$\\`#;&|<>()]/.test(value));
  if (unwritable !== undefined) {
    const message = `the value of --${option} has a character that an arguments file cannot hold`;
    return refusedEdit({ code: 'arguments-value-unwritable', message });
  }
  const found = occurrencesOf(text, option);
  const inForce = found.map(({ value }) => value);
  const before = values.length > 1 ? inForce : inForce.at(-1);
  const after = values.length > 1 ? values : values[0];
  const edited = values.length === 0 ? withoutAll(text, found) : withValues(text, option, values);
  return { ok: true, text: edited, before, after };
}

/** One value goes to the last occurrence; several ones need as many occurrences. */
function withValues(text: string, option: string, values: readonly string[]): string {
  const found = occurrencesOf(text, option);
  if (values.length > 1 && found.length > values.length) {
    return withValues(withoutAll(text, found.slice(values.length)), option, values);
  }
  const own = found.slice(-values.length);
  const missing = values.slice(own.length);
  const changed = own.reduceRight(
    (edited, occurrence, index) => withValue(edited, occurrence, values[index] ?? ''),
    text,
  );
  return missing.reduce((edited, value) => withLine(edited, `--${option}=${value}`), changed);
}

function withValue(text: string, { words, value: before }: Occurrence, value: string): string {
  if (before === value) return text;
  const [word, second] = words;
  if (second !== undefined)
    return spliced(
      text,
      second.from,
      second.to,
      quotedAs(text.slice(second.from, second.to), value),
    );
  const raw = text.slice(word.from, word.to);
  const equals = raw.indexOf('=');
  if (equals === -1) {
    const quote = /["']$/.exec(raw)?.[0] ?? '';
    const bare = quote === '' ? raw : raw.slice(0, -1);
    return spliced(text, word.from, word.to, `${bare}=${value}${quote}`);
  }
  const outer = /^["']/.exec(raw)?.[0];
  const isOuter = outer !== undefined && raw.endsWith(outer);
  const end = isOuter ? word.to - 1 : word.to;
  const from = word.from + equals + 1;
  return spliced(text, from, end, isOuter ? value : quotedAs(text.slice(from, end), value));
}

/** Keeps the quotes of the value before. */
function quotedAs(raw: string, value: string): string {
  const quote = /^(["']).*\1$/s.exec(raw)?.[1] ?? '';
  return `${quote}${value}${quote}`;
}

function withLine(text: string, line: string): string {
  const end = lineEndOf(text);
  if (text === '' || text === '\uFEFF') return `${text}${line}\n`;
  return text.endsWith('\n') ? `${text}${line}${end}` : `${text}${end}${line}`;
}

function withoutAll(text: string, found: readonly Occurrence[]): string {
  const words = found.flatMap(({ words: own }) => [...own]);
  return words.reduceRight((edited, word) => withoutWord(edited, word), text);
}

/** The space after the word goes as well, and its line where nothing else stands there. */
function withoutWord(text: string, { from, to }: Word): string {
  const start = text.lastIndexOf('\n', from - 1) + 1;
  const next = text.indexOf('\n', to);
  const end = next === -1 ? text.length : next + 1;
  const rest = `${text.slice(start, from)}${text.slice(to, end)}`.replace(/^\uFEFF/, '');
  if (rest.trim() === '') {
    const isMarked = text.startsWith('\uFEFF') && start === 0;
    const isLast = next === -1 && start > 0;
    return spliced(
      text,
      isLast ? start - lineEndBefore(text, start) : start + (isMarked ? 1 : 0),
      end,
      '',
    );
  }
  if (text[to] === ' ') return spliced(text, from, to + 1, '');
  return spliced(text, text[from - 1] === ' ' ? from - 1 : from, to, '');
}

/** The file had no final line end, and has none afterwards. */
function lineEndBefore(text: string, start: number): number {
  return text[start - 2] === '\r' ? 2 : 1;
}

function spliced(text: string, from: number, to: number, piece: string): string {
  return `${text.slice(0, from)}${piece}${text.slice(to)}`;
}

function occurrencesOf(text: string, option: string): readonly Occurrence[] {
  const words = wordsOf(text);
  return words.flatMap((word, index): readonly Occurrence[] => {
    const [, name, value] = /^--?([^=-][^=]*)(?:=(.*))?$/s.exec(expandVariables(word.text)) ?? [];
    if (name !== option) return [];
    if (value !== undefined) return [{ words: [word], value }];
    const next = words[index + 1];
    const following = next && expandVariables(next.text);
    if (next === undefined || following === undefined || following.startsWith('-')) {
      return [{ words: [word], value: 'true' }];
    }
    return [{ words: [word, next], value: following }];
  });
}

function wordsOf(text: string): readonly Word[] {
  const words: Word[] = [];
  let start = 0;
  for (const raw of linesOf(text)) {
    words.push(...wordsOfLine(raw, start));
    start += raw.length;
  }
  return words;
}

function wordsOfLine(raw: string, start: number): readonly Word[] {
  const [mark = ''] = /^\uFEFF?\s*/.exec(raw) ?? [];
  const line = raw.slice(mark.length).trimEnd();
  if (line === '' || line.startsWith('#')) return [];
  let from = start + mark.length;
  return line.split(' ').map((word) => {
    const own = { from, to: from + word.length, text: word.replaceAll(/["']/g, '') };
    from += word.length + 1;
    return own;
  });
}
