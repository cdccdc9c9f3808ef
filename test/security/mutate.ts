/** Mutations of texts that replay: the same seed gives the same texts, on every machine. */

/** Numbers from 0 to below 1. Source: mulberry32. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pieces = [
  ...[
    '[',
    ']',
    '{',
    '}',
    ',',
    ':',
    ': ',
    '- ',
    '? ',
    '\n',
    '\r\n',
    '\t',
    '  ',
    '"',
    "'",
    '#',
    '|\n',
  ],
  ...['>', '&a ', '*a', '<<: *a', '!t ', '%', '---\n', '...\n', '~', 'null', 'true', '.inf', '-0'],
  ...['1e400', '0x1f', '1.10', '4294967296', '9007199254740993', '10.0.0.0/8', '::/0', 'fe80::1'],
  ...[
    '\u0000',
    '\u001b[2J',
    '\u009b',
    '\u202e',
    '\u2028',
    '\uFEFF',
    '\uD800',
    'é',
    '😀',
    '\\',
    '\\u',
  ],
  ...['__proto__', 'constructor', 'toString', 'all()', 'has(a)', '!', '&&', '||', '(', ')', '$ref'],
];

function pick<T>(items: readonly T[], random: () => number, fallback: T): T {
  return items[Math.floor(random() * items.length)] ?? fallback;
}

type Mutation = (text: string, random: () => number, others: readonly string[]) => string;

function span(text: string, random: () => number): readonly [number, number] {
  const start = Math.floor(random() * (text.length + 1));
  return [start, Math.min(text.length, start + Math.floor(random() ** 3 * 80))];
}

const mutations: readonly Mutation[] = [
  (text, random) => {
    const [at] = span(text, random);
    return text.slice(0, at) + pick(pieces, random, '') + text.slice(at);
  },
  (text, random) => {
    const [start, end] = span(text, random);
    return text.slice(0, start) + text.slice(end);
  },
  (text, random) => {
    const [start, end] = span(text, random);
    const times = 1 + Math.floor(random() ** 4 * 300);
    return text.slice(0, start) + text.slice(start, end).repeat(times) + text.slice(end);
  },
  (text, random) => {
    const [at] = span(text, random);
    const piece = pick(pieces, random, '');
    return text.slice(0, at) + piece.repeat(1 + Math.floor(random() ** 3 * 200)) + text.slice(at);
  },
  (text, random) => {
    const [at] = span(text, random);
    const code = Math.floor(random() * 256);
    return text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
  },
  (text, random) => text.slice(0, span(text, random)[0]),
  (text, random, others) => {
    const other = pick(others, random, '');
    const [start, end] = span(other, random);
    const [at] = span(text, random);
    return text.slice(0, at) + other.slice(start, end) + text.slice(at);
  },
  (text, random) => {
    const lines = text.split('\n');
    const from = Math.floor(random() * lines.length);
    const [line = ''] = lines.splice(from, 1);
    lines.splice(Math.floor(random() * (lines.length + 1)), 0, line);
    return lines.join('\n');
  },
];

/** A text of the samples after one to six mutations. */
export function mutant(samples: readonly string[], seed: number): string {
  const random = seeded(seed);
  let text = pick(samples, random, '');
  for (let left = 1 + Math.floor(random() * 6); left > 0; left -= 1) {
    text = pick(mutations, random, (same: string) => same)(text, random, samples);
  }
  return text;
}
