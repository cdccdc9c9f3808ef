/**
 * The words of a command line in a unit: quotes, escapes and specifiers. Source:
 * systemd.service(5),
 * "Command lines", and systemd.unit(5), "Specifiers".
 */
export interface Word {
  readonly text: string;
  /** Where the word begins in the value. */
  readonly index: number;
  /** In single or double quotes, completely or in part: then an option's text is one word. */
  readonly quoted: boolean;
}

/** The values of `$NAME` and `%n`; undefined: unknown, and the text stays unchanged. */
export interface Expansion {
  readonly variable: (name: string) => string | undefined;
  readonly specifier: (letter: string) => string | undefined;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', s: ' ', r: '\r' };

export function splitWords(value: string, expansion: Expansion): readonly Word[] {
  const words: Word[] = [];
  let index = 0;
  while (index < value.length) {
    if (/\s/.test(value.charAt(index))) {
      index += 1;
      continue;
    }
    const read = readWord(value, index);
    words.push(...expand({ text: read.text, index, quoted: read.quoted }, expansion));
    index = read.end;
  }
  return words;
}

interface ReadWord {
  readonly text: string;
  readonly quoted: boolean;
  readonly end: number;
}

function readWord(value: string, start: number): ReadWord {
  let text = '';
  let quote = '';
  let quoted = false;
  let index = start;
  while (index < value.length) {
    const character = value.charAt(index);
    if (character === '\\' && index + 1 < value.length) {
      const escaped = readEscape(value, index);
      text += escaped.text;
      index = escaped.end;
      continue;
    }
    index += 1;
    if (quote !== '') {
      if (character === quote) quote = '';
      else text += character;
    } else if (character === '"' || character === "'") {
      quote = character;
      quoted = true;
    } else if (/\s/.test(character)) break;
    else text += character;
  }
  return { text, quoted, end: index };
}

function readEscape(value: string, index: number): { readonly text: string; readonly end: number } {
  const hex = /^\\x([0-9a-fA-F]{2})/.exec(value.slice(index, index + 4));
  if (hex !== null) {
    return { text: String.fromCharCode(Number.parseInt(hex[1] ?? '', 16)), end: index + 4 };
  }
  const letter = value.charAt(index + 1);
  return { text: escapes[letter] ?? letter, end: index + 2 };
}

/**
 * `$NAME` as a word of its own becomes as many words as its value has; elsewhere `${NAME}` is one
 * text.
 */
function expand(word: Word, { variable, specifier }: Expansion): readonly Word[] {
  const alone = /^\$([A-Za-z_]\w*)$/.exec(word.text)?.[1];
  const whole = alone === undefined || word.quoted ? undefined : variable(alone);
  if (whole !== undefined) {
    const parts = whole.split(/\s+/).filter((part) => part !== '');
    return parts.map((text) => ({ ...word, text }));
  }
  const text = word.text
    .replaceAll(/%(.)/g, (given, letter: string) =>
      letter === '%' ? '%' : (specifier(letter) ?? given),
    )
    .replaceAll(/\$\$|\$\{([A-Za-z_]\w*)\}/g, (given, name: string | undefined) =>
      name === undefined ? '$' : (variable(name) ?? given),
    );
  return [{ ...word, text }];
}
