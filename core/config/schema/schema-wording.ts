/** Texts for people about the form that a schema expects, and the form that was found. */
import type { ErrorObject } from 'ajv';
import type { Located, LocatedScalar } from '../yaml/located.ts';
import { nearestName } from '../../nearest-name.ts';
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
    default:
      return { code: 'wrong-value', expected: `other than it is (${keyword})` };
  }
}

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
  const missing: unknown = params['missingProperty'];
  if (keyword === 'required') return `"${String(missing)}" is missing in ${name}`;
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
function mayBeSecret({ place: { pointer }, source }: LocatedScalar): boolean {
  if (pointer === '' || /\/(?:password|pullSecret|token)$/.test(pointer)) return true;
  return source.includes('@') && /(?:^|\/)images(?:\/|$)/.test(pointer);
}

function counted(value: Exclude<Located, LocatedScalar>): string {
  const [what, { length }] =
    value.kind === 'list' ? ['list', value.items] : ['mapping', value.entries];
  return length === 0 ? `an empty ${what}` : `a ${what} of ${String(length)}`;
}

export function hintOf({ keyword, params }: ErrorObject, value: Located): string | undefined {
  if (value.kind !== 'scalar') return undefined;
  if (mayBeSecret(value)) {
    const isNumber = typeof value.value === 'number';
    return keyword === 'type' && isNumber && value.place.pointer !== ''
      ? 'write it in quotes'
      : undefined;
  }
  if (keyword === 'enum') {
    const allowed: unknown = params['allowedValues'];
    const names = Array.isArray(allowed) ? allowed.map(String) : [];
    const nearest = meantName(value.source, names);
    return nearest === undefined ? undefined : `did you mean ${nearest}?`;
  }
  if (keyword === 'pattern') return caseHint(String(params['pattern']), value);
  return keyword === 'type' ? typeHint(new Set([params['type']].flat()), value) : undefined;
}

/** Never is what people call off, no or false: to readers of YAML 1.1 these are the same. */
function meantName(source: string, names: readonly string[]): string | undefined {
  if (names.includes('Never') && /^(?:false|no|off|none|~|)$/i.test(source)) return 'Never';
  if (names.includes('disabled') && /^(?:false|no|off|never|none|0)$/i.test(source)) {
    return 'disabled';
  }
  if (names.includes('aws') && /^(?:ec2|amazon)$/i.test(source)) return 'aws';
  if (names.includes('enabled') && /^(?:true|yes|on|always|1)$/i.test(source)) return 'enabled';
  return (
    names.find((name) => name.toLowerCase() === source.toLowerCase()) ?? nearestName(source, names)
  );
}

function typeHint(types: ReadonlySet<unknown>, value: LocatedScalar): string | undefined {
  const { source, quoted } = value;
  if (types.has('boolean') && /^(?:true|yes|on)$/i.test(source)) return wordHint('true');
  if (types.has('boolean') && /^(?:false|no|off)$/i.test(source)) return wordHint('false');
  if (types.has('integer') && quoted && /^\d+$/.test(source)) {
    return `write ${source} without quotes`;
  }
  const [, digits] = types.has('integer') ? (/^0+(\d+)$/.exec(source) ?? []) : [];
  if (digits !== undefined && !quoted) {
    return `write ${digits}, without the zero before it: some programs count such numbers by eights`;
  }
  const isOther = typeof value.value !== 'string' && value.value !== null;
  return types.has('string') && isOther ? `write "${source}" in quotes` : undefined;
}

/** Capital letters and underscores are what people use most where a name may not have them. */
function caseHint(pattern: string, { value, source }: LocatedScalar): string | undefined {
  const name = source.toLowerCase().replaceAll('_', '-');
  const isMeant =
    typeof value === 'string' && name !== source && new RegExp(pattern, 'u').test(name);
  return isMeant ? `write ${name}` : undefined;
}

function wordHint(word: string): string {
  return `write ${word}, in small letters and without quotes`;
}
