/**
 * Mutations of texts that can be repeated: the same seed gives the same texts, on every machine.
 */

/** Numbers from 0 to below 1. Source: mulberry32. */
export function seeded(seed: number): () => number {
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

/** Values in wrong places. `undefined` removes the value. */
const oddValues: readonly unknown[] = [
  ...[undefined, null, true, 0, -1, 1.5, 2 ** 53, 1e308, '', 'a', [], {}, [[]], [null], ['a']],
  ...['__proto__', 'a\u0000b', '\u202e', '{', '{"labels":1}', '10.0.0.1', '10.0.0.0/8', '::/0'],
  ...[{ a: 'b' }, { name: 1 }, { name: 'a' }, [{ name: 'a' }], [{}], { length: 7 }],
  ...['x'.repeat(5000), Array.from({ length: 300 }, () => 'a')],
];

function mutatedValue(value: unknown, random: () => number, others: readonly unknown[]): unknown {
  const isPlace = typeof value === 'object' && value !== null && random() < 0.85;
  const keys = isPlace ? Object.keys(value) : [];
  const key = pick(keys, random, '');
  if (!isPlace || keys.length === 0) {
    return random() < 0.2 ? pick(others, random, undefined) : pick(oddValues, random, undefined);
  }
  const copy: unknown = structuredClone(value);
  Object.assign(Object(copy), { [key]: mutatedValue(Reflect.get(value, key), random, others) });
  return copy;
}

/** JSON stays JSON, so that the code behind the parser is reached as well. */
function mutatedJson(text: string, random: () => number): string {
  try {
    const value: unknown = JSON.parse(text);
    const others = typeof value === 'object' && value !== null ? Object.values(value) : [];
    return JSON.stringify(mutatedValue(value, random, others) ?? null);
  } catch {
    return text;
  }
}

/** A text of the samples after one to six mutations; every second one of JSON keeps its form. */
export function mutant(samples: readonly string[], seed: number): string {
  const random = seeded(seed);
  let text = pick(samples, random, '');
  const isJson = text.startsWith('{') && random() < 0.5;
  for (let left = 1 + Math.floor(random() * 6); left > 0; left -= 1) {
    if (isJson) {
      text = mutatedJson(text, random);
      continue;
    }
    text = pick(mutations, random, (same: string) => same)(text, random, samples);
  }
  return text;
}
