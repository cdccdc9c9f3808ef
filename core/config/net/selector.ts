/**
 * Calico's selector expressions over labels: `rack == 'r1' && !has(gpu)`.
 * Source: libcalico-go/lib/selector/{tokenizer,parser}; what Calico takes is taken, and it is
 * evaluated as Calico does (a label that is missing makes `!=` and `not in` true).
 */
import { tokenize, type Kind, type Token } from './selector-tokens.ts';

/** A Calico selector expression over labels, parsed. Source: libcalico-go/lib/selector. */
export interface Selector {
  readonly text: string;
  matches(labels: Labels): boolean;
}

type Labels = Readonly<Record<string, string>>;
type Test = (labels: Labels) => boolean;

/** `column` is 1-based, within the selector. */
export type ParsedSelector =
  | { readonly ok: true; readonly selector: Selector }
  | { readonly ok: false; readonly message: string; readonly column: number };

/** Calico's own limit for selectors in a BGPPeer (api/pkg/apis/projectcalico/v3/bgppeer.go). */
const maxLength = 1024;
const maxDepth = 64;

export function parseSelector(text: string): ParsedSelector {
  if (text.length > maxLength) {
    const message = `a selector is at most ${maxLength} characters long, this one has ${text.length}`;
    return { ok: false, message, column: maxLength + 1 };
  }
  const tokens = tokenize(text);
  if (!tokens.ok) return tokens;
  const test = parseTokens(tokens.tokens);
  if ('message' in test) return { ok: false, ...test };
  return { ok: true, selector: { text, matches: test.matches } };
}

interface Fault {
  readonly message: string;
  readonly column: number;
}

/** Recursive descent: || binds weaker than &&, which binds weaker than !. */
function parseTokens(tokens: readonly Token[]): { readonly matches: Test } | Fault {
  const end: Token = { kind: 'end', text: '', column: 1 };
  let next = 0;
  let fault: Fault | undefined;

  const peek = (): Token => tokens[next] ?? end;
  const accept = (kind: Kind): Token | undefined => {
    if (peek().kind !== kind) return undefined;
    next += 1;
    return tokens[next - 1];
  };
  const fail = (expected: string): Test => {
    const { column, kind, text } = peek();
    const found = kind === 'end' ? 'the selector ends' : `found ${text}`;
    fault ??= { message: `expected ${expected}, but ${found}`, column };
    return () => false;
  };

  const either = (depth: number): Test => {
    const tests = [both(depth)];
    while (accept('||') !== undefined) tests.push(both(depth));
    return tests.length === 1 ? only(tests) : (labels) => tests.some((test) => test(labels));
  };
  const both = (depth: number): Test => {
    const tests = [operation(depth)];
    while (accept('&&') !== undefined) tests.push(operation(depth));
    return tests.length === 1 ? only(tests) : (labels) => tests.every((test) => test(labels));
  };
  const operation = (depth: number): Test => {
    let negated = false;
    while (accept('!') !== undefined) negated = !negated;
    const test = plain(depth);
    return negated ? (labels) => !test(labels) : test;
  };
  const plain = (depth: number): Test => {
    const has = accept('has');
    if (has !== undefined) return (labels) => Object.hasOwn(labels, has.text);
    if (accept('all') !== undefined || accept('global') !== undefined) return () => true;
    if (accept('(') !== undefined) return grouped(depth + 1);
    const label = accept('label');
    if (label !== undefined) return comparison(label.text);
    return fail('a label, has(…), all(), ! or (');
  };
  const grouped = (depth: number): Test => {
    if (depth > maxDepth) return fail(`at most ${maxDepth} parentheses within each other`);
    const test = either(depth);
    return accept(')') === undefined ? fail(')') : test;
  };
  const comparison = (label: string): Test => {
    const operator = peek().kind;
    if (operator === 'in' || operator === 'not in') {
      next += 1;
      const values = set();
      const among = value(label, (text) => values.has(text));
      return operator === 'in' ? among : (labels) => !among(labels);
    }
    if (!isComparison(operator)) return fail(`an operator after the label ${label}`);
    next += 1;
    const literal = accept('string');
    if (literal === undefined) return fail("a value in quotes, as in rack == 'r1'");
    return comparisons[operator](label, literal.text);
  };
  const set = (): ReadonlySet<string> => {
    const values = new Set<string>();
    if (accept('{') === undefined) fail("a set, as in {'r1', 'r2'}");
    let literal = accept('string');
    while (literal !== undefined) {
      values.add(literal.text);
      literal = accept(',') === undefined ? undefined : accept('string');
    }
    if (accept('}') === undefined) fail('}');
    return values;
  };

  // Calico reads an empty selector as all().
  const test: Test = peek().kind === 'end' ? () => true : either(0);
  if (fault === undefined && peek().kind !== 'end') fail('&&, || or the end');
  return fault ?? { matches: test };
}

function only(tests: readonly Test[]): Test {
  return (labels) => tests[0]?.(labels) === true;
}

/** A test of a label's value; a label that is missing does not pass. */
function value(label: string, test: (text: string) => boolean): Test {
  return (labels) => {
    const text = Object.hasOwn(labels, label) ? labels[label] : undefined;
    return text !== undefined && test(text);
  };
}

const comparisons = {
  '==': (label: string, literal: string) => value(label, (text) => text === literal),
  '!=': (label: string, literal: string): Test => {
    const same = value(label, (text) => text === literal);
    return (labels) => !same(labels);
  },
  contains: (label: string, literal: string) => value(label, (text) => text.includes(literal)),
  'starts with': (label: string, literal: string) =>
    value(label, (text) => text.startsWith(literal)),
  'ends with': (label: string, literal: string) => value(label, (text) => text.endsWith(literal)),
} as const;

function isComparison(kind: Kind): kind is keyof typeof comparisons {
  return Object.hasOwn(comparisons, kind);
}
