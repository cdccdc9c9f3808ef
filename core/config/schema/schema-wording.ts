/** Texts for people about the form that a schema expects, and the form that was found. */
import type { ErrorObject } from 'ajv';
import type { Located, LocatedScalar } from '../yaml/located.ts';
import { formOf } from './schema-forms.ts';

export interface Expectation {
  readonly code: string;
  /** Completes "… must be". */
  readonly expected: string;
}

const typeNames: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  integer: 'a whole number',
  null: 'empty',
  number: 'a number',
  object: 'a mapping',
  string: 'a text',
};

/** The expectation of a keyword with a limit; the code below derives those of other keywords. */
const limits: Readonly<Record<string, (limit: string) => Expectation>> = {
  minimum: (limit) => ({ code: 'out-of-range', expected: `${limit} or more` }),
  maximum: (limit) => ({ code: 'out-of-range', expected: `${limit} or less` }),
  exclusiveMinimum: (limit) => ({ code: 'out-of-range', expected: `more than ${limit}` }),
  exclusiveMaximum: (limit) => ({ code: 'out-of-range', expected: `less than ${limit}` }),
  minLength: (limit) => ({ code: 'too-short', expected: atLeast(limit, 'characters') }),
  maxLength: (limit) => ({ code: 'too-long', expected: `at most ${limit} characters long` }),
  minItems: (limit) => ({ code: 'too-short', expected: atLeast(limit, 'entries') }),
  maxItems: (limit) => ({ code: 'too-long', expected: `at most ${limit} entries long` }),
  minProperties: (limit) => ({ code: 'too-short', expected: atLeast(limit, 'entries') }),
  maxProperties: (limit) => ({ code: 'too-long', expected: `at most ${limit} entries long` }),
};

function atLeast(limit: string, what: string): string {
  return limit === '1' ? 'filled in' : `at least ${limit} ${what} long`;
}

/** Several errors of one place are alternatives. */
export function expectationOf(errors: readonly [ErrorObject, ...ErrorObject[]]): Expectation {
  const [{ keyword, params }] = errors;
  const limit = limits[keyword];
  if (limit !== undefined) return limit(String(params['limit']));
  switch (keyword) {
    case 'type':
      return { code: 'wrong-type', expected: typesOf(errors) };
    case 'enum':
      return { code: 'unknown-value', expected: `one of ${listOf(params['allowedValues'])}` };
    case 'const':
      return { code: 'unknown-value', expected: String(params['allowedValue']) };
    case 'pattern':
      return { code: 'wrong-form', expected: formOf(String(params['pattern'])) };
    case 'discriminator':
      return {
        code: 'unknown-value',
        expected: `a mapping with a known "${String(params['tag'])}"`,
      };
    default:
      // A test sees to it that no schema has another keyword than these, the statements, and oneOf.
      return { code: 'wrong-value', expected: 'of exactly one of the forms that are allowed here' };
  }
}

/** What is wrong and how to mend it, where that is more than one value and its form. */
export interface Statement {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** The key that breaks the rule, in the value that the error is about. */
  readonly key?: string;
}

/** @param name of the value, as `nameOf` gives it */
const statements: Readonly<
  Record<string, (params: ErrorObject['params'], name: string) => Statement>
> = {
  required: ({ missingProperty }, name) => ({
    code: 'missing-key',
    message: `"${String(missingProperty)}" is missing in ${name}`,
  }),
  dependencies: ({ property, missingProperty }, name) => ({
    code: 'missing-key',
    message: `${name} has ${String(property)}, which needs ${String(missingProperty)} as well`,
    hint: `add ${String(missingProperty)}, or remove ${String(property)}`,
    key: String(property),
  }),
  uniqueItems: ({ i, j }, name) => ({
    code: 'wrong-value',
    message: `${name} names the same twice: entries ${Number(j) + 1} and ${Number(i) + 1}`,
    hint: `remove entry ${Number(i) + 1}`,
  }),
};

/** Undefined: the value as such has another form than expected. */
export function statementOf({ keyword, params }: ErrorObject, name: string): Statement | undefined {
  return statements[keyword]?.(params, name);
}

/** The keywords that have words; those that only combine others need none. */
export const wordedKeywords: ReadonlySet<string> = new Set([
  ...Object.keys(limits),
  ...Object.keys(statements),
  ...['type', 'enum', 'const', 'pattern', 'discriminator', 'oneOf', 'additionalProperties'],
]);

function typesOf(errors: readonly ErrorObject[]): string {
  const types = errors.flatMap(({ params }): unknown[] => [params['type']].flat());
  return [...new Set(types)].map((type) => typeNames[String(type)] ?? String(type)).join(' or ');
}

function listOf(values: unknown): string {
  return Array.isArray(values) ? values.map(String).join(', ') : String(values);
}

/** A fault of data without a text, and therefore without places: `"url" must be …`. */
export function faultText(error: ErrorObject): string {
  const { instancePath, keyword, params, propertyName } = error;
  const name = nameOf(instancePath, /\/\d+$/.test(instancePath));
  const statement = statementOf(error, name);
  if (statement !== undefined) return statement.message;
  const unknown: unknown = params['additionalProperty'];
  if (keyword === 'additionalProperties') {
    return `${name} has an unknown key "${String(unknown).slice(0, 64)}"`;
  }
  const what = propertyName === undefined ? name : `the key "${propertyName.slice(0, 64)}"`;
  return `${what} must be ${expectationOf([error]).expected}`;
}

/** The last part of a path: `"ipip"`, `"peers" entry 2` (people count from 1), `the document`. */
export function nameOf(path: string, isEntry: boolean): string {
  const tokens = path.split('/').slice(1).map(unescaped);
  const last = tokens.at(-1);
  if (last === undefined) return 'the document';
  const parent = tokens.at(-2);
  if (isEntry) {
    const entry = `entry ${Number(last) + 1}`;
    return parent === undefined ? entry : `"${parent.slice(0, 64)}" ${entry}`;
  }
  return `"${last.slice(0, 64)}"`;
}

function unescaped(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** @param keyword the rule that the value breaks; one about a number of entries asks for their count */
export function describeValue(value: Located, keyword: string): string {
  if (value.kind !== 'scalar' && /(?:Items|Properties)$/.test(keyword)) return counted(value);
  if (value.kind === 'list') return 'a list';
  if (value.kind === 'map') return 'a mapping';
  if (value.value === null) return 'empty';
  if (mayBeSecret(value))
    return `a ${typeof value.value === 'string' ? 'text' : 'value'} (not shown)`;
  const source = value.source.length > 64 ? `${value.source.slice(0, 64)}…` : value.source;
  return typeof value.value === 'string' ? `the text ${JSON.stringify(source)}` : source;
}

/**
 * A document that is one text may be a token that somebody gave as the wrong file. A text with "@" in the section
 * images may be a registry with a password before it.
 */
export function mayBeSecret({ place: { pointer }, source }: LocatedScalar): boolean {
  if (pointer === '' || /\/(?:password|pullSecret|token)$/.test(pointer)) return true;
  return source.includes('@') && /(?:^|\/)images(?:\/|$)/.test(pointer);
}

function counted(value: Exclude<Located, LocatedScalar>): string {
  const [what, { length }] =
    value.kind === 'list' ? ['list', value.items] : ['mapping', value.entries];
  return length === 0 ? `an empty ${what}` : `a ${what} of ${String(length)}`;
}
