import { Ajv } from 'ajv';
import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { locate } from '../../../../core/config/yaml/located-yaml.ts';
import { textBounds } from '../../../../core/input/bounds.ts';
import { plainValue } from '../../../../core/config/yaml/plain-value.ts';
import { nearestName } from '../../../../core/nearest-name.ts';
import { hasForm } from '../../../../core/config/schema/schema-forms.ts';
import { schemaIssues } from '../../../../core/config/schema/schema-issues.ts';
import { wordedKeywords } from '../../../../core/config/schema/schema-wording.ts';
import { summary } from '../reading-configs.ts';

const schema = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  dependencies: { version: ['on'] },
  properties: {
    name: { type: 'string', minLength: 2, maxLength: 4, pattern: '^[a-z]*$' },
    level: { enum: ['Always', 'Never'] },
    on: { type: 'boolean' },
    count: { type: 'integer', minimum: 1 },
    version: { const: 'v1' },
    either: { anyOf: [{ type: 'string' }, { type: 'integer' }] },
    days: { type: 'array', uniqueItems: true, items: { enum: ['sat', 'sun'] } },
    settle: { type: 'string', pattern: '^(0|[1-9][0-9]{0,5})(s|m|h)$' },
    share: { anyOf: [{ type: 'string', pattern: '^(100|[1-9]?[0-9])%$' }] },
    folder: { type: 'string', pattern: '^/' },
    listen: { type: 'string' },
    holdTime: { type: 'string' },
    asNumber: { type: ['integer', 'string'] },
    items: {
      type: 'array',
      maxItems: 2,
      minItems: 1,
      items: {
        type: 'object',
        additionalProperties: false,
        properties: { 'a/b': { type: 'string' } },
      },
    },
  },
} as const;

function issuesOf(text: string): string[] {
  const located = locate(text, textBounds.config);
  if (!located.ok) throw new Error('not YAML');
  const validate = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true }).compile(
    schema,
  );
  validate(plainValue(located.root));
  return schemaIssues(validate.errors ?? [], located.root).map((issue) =>
    [summary(issue), issue.message, issue.hint ?? '-'].join(' | '),
  );
}

describe('the issues of a schema', () => {
  for (const [text, ...expected] of [
    ['{name: ab}'],
    ['{}', 'error missing-key  1:1 | "name" is missing in the document | -'],
    ['[]', 'error wrong-type  1:1 | the document must be a mapping, but is a list | -'],
    [
      '{name: ab, nmae: x}',
      'error unknown-key /nmae 1:12 | unknown key "nmae" | did you mean "name"?',
    ],
    [
      '{name: ab, zzz: x}',
      'error unknown-key /zzz 1:12 | unknown key "zzz" | known here: name, level, on, count, version, either, days, settle, share, folder, listen, holdTime, asNumber, items',
    ],
    [
      '{name: a}',
      'error too-short /name 1:8 | "name" must be at least 2 characters long, but is the text "a" | -',
    ],
    [
      '{name: abcde}',
      'error too-long /name 1:8 | "name" must be at most 4 characters long, but is the text "abcde" | -',
    ],
    [
      '{name: A1}',
      'error wrong-form /name 1:8 | "name" must be of another form, but is the text "A1" | -',
    ],
    [
      '{name: Ab}',
      'error wrong-form /name 1:8 | "name" must be of another form, but is the text "Ab" | write ab',
    ],
    ['{name: 12}', 'error wrong-type /name 1:8 | "name" must be a text, but is 12 | -'],
    [
      '{name: ab, level: never}',
      'error unknown-value /level 1:19 | "level" must be one of Always, Never, but is the text "never" | did you mean Never?',
    ],
    [
      '{name: ab, on: "yes"}',
      'error wrong-type /on 1:16 | "on" must be true or false, but is the text "yes" | write true, in small letters and without quotes',
    ],
    [
      '{name: ab, on: No}',
      'error wrong-type /on 1:16 | "on" must be true or false, but is the text "No" | write false, in small letters and without quotes',
    ],
    [
      '{name: ab, count: 0}',
      'error out-of-range /count 1:19 | "count" must be 1 or more, but is 0 | -',
    ],
    [
      '{name: ab, count: "5"}',
      'error wrong-type /count 1:19 | "count" must be a whole number, but is the text "5" | write 5 without quotes',
    ],
    [
      '{name: ab, version: v1}',
      'error missing-key /version 1:12 | the document has version, which needs on as well | add on, or remove version',
    ],
    [
      '{name: ab, days: [sat, sun, sat]}',
      'error wrong-value /days 1:18 | "days" names the same twice: entries 1 and 3 | remove entry 3',
    ],
    [
      '{name: ab, days: [sunday]}',
      'error unknown-value /days/0 1:19 | "days" entry 1 must be one of sat, sun, but is the text "sunday" | did you mean sun?',
    ],
    [
      '{name: ab, count: 50%}',
      'error wrong-type /count 1:19 | "count" must be a whole number, but is the text "50%" | write percent: 50 in its place',
    ],
    [
      '{name: ab, settle: 60}',
      'error wrong-type /settle 1:20 | "settle" must be a text, but is 60 | write 60s',
    ],
    [
      '{name: ab, settle: true}',
      'error wrong-type /settle 1:20 | "settle" must be a text, but is true | the text must be a time such as 60s, 15m or 2h',
    ],
    [
      '{name: ab, share: 50}',
      'error wrong-type /share 1:19 | "share" must be a text, but is 50 | write "50%" in quotes',
    ],
    [
      '{name: ab, folder: 7}',
      'error wrong-type /folder 1:20 | "folder" must be a text, but is 7 | the text must be an absolute path: it begins with "/"',
    ],
    [
      '{name: ab, listen: 7843}',
      'error wrong-type /listen 1:20 | "listen" must be a text, but is 7843 | the text must be HOST:PORT or [IPV6]:PORT, such as 10.0.0.11:7843',
    ],
    [
      '{name: ab, holdTime: 90}',
      'error wrong-type /holdTime 1:22 | "holdTime" must be a text, but is 90 | write 90s',
    ],
    [
      '{name: ab, asNumber: true}',
      'error wrong-type /asNumber 1:22 | "asNumber" must be a whole number or a text, but is true | -',
    ],
    [
      '{name: ab, on: true, version: v2}',
      'error unknown-value /version 1:31 | "version" must be v1, but is the text "v2" | -',
    ],
    [
      '{name: ab, either: []}',
      'error wrong-type /either 1:20 | "either" must be a text or a whole number, but is a list | -',
    ],
    [
      '{name: ab, items: []}',
      'error too-short /items 1:19 | "items" must be filled in, but is an empty list | -',
    ],
    [
      '{name: ab, items: [{}, {}, {}]}',
      'error too-long /items 1:19 | "items" must be at most 2 entries long, but is a list of 3 | -',
    ],
    [
      '{name: ab, items: [5]}',
      'error wrong-type /items/0 1:20 | "items" entry 1 must be a mapping, but is 5 | -',
    ],
    [
      '{name: ab, items: [{a/b: true}]}',
      'error wrong-type /items/0/a~1b 1:26 | "a/b" must be a text, but is true | write "true" in quotes',
    ],
    [
      '{name: ab, items: [{a~b: 1}]}',
      'error unknown-key /items/0/a~0b 1:21 | unknown key "a~b" | did you mean "a/b"?',
    ],
    [
      '{name: ab, __proto__: 1}',
      'error unknown-key /__proto__ 1:12 | unknown key "__proto__" | known here: name, level, on, count, version, either, days, settle, share, folder, listen, holdTime, asNumber, items',
    ],
  ] as const) {
    it(`says of ${text}: ${expected[0]?.split(' | ')[1] ?? 'nothing'}`, () => {
      const found = issuesOf(text);
      expect(found.slice(0, Math.max(1, expected.length))).to.deep.equal(expected);
    });
  }

  it('works without the schema, only without nearest names', () => {
    const located = locate('{name: ab, nmae: x}', textBounds.config);
    if (!located.ok) throw new Error('not YAML');
    const validate = new Ajv({ allErrors: true }).compile(schema);
    validate(plainValue(located.root));
    const [issue] = schemaIssues(validate.errors ?? [], located.root);
    expect(issue).to.include({ code: 'unknown-key', column: 12 });
    expect(issue).to.not.have.property('hint');
  });
});

describe('nearest names', () => {
  for (const [name, expected] of [
    ['natOutgoing', 'nat-outgoing'],
    ['NAT_OUTGOING', 'nat-outgoing'],
    ['nat-outgoin', 'nat-outgoing'],
    ['global-as', 'global-as-number'],
    ['iipp', 'ipip'],
    ['xy', undefined],
    ['', undefined],
    ['colour', undefined],
    ['x'.repeat(100_000), undefined],
  ] as const) {
    it(`finds ${expected ?? 'nothing'} for ${name.slice(0, 20)}`, () => {
      expect(
        nearestName(name, ['ipip', 'nat-outgoing', 'global-as-number', 'global-bgp-peers']),
      ).to.equal(expected);
    });
  }
});

/** Keywords that cannot be broken themselves: notes, and those that lead to other schemas. */
const silentKeywords: ReadonlySet<string> = new Set([
  ...['$schema', '$id', '$ref', 'title', 'description', 'properties', 'definitions', 'items'],
  ...['anyOf', 'allOf', 'propertyNames', 'default'],
]);

/** The schemas within a schema, itself too. */
function schemasIn(outer: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (typeof outer !== 'object' || outer === null) return [];
  const own = Object.entries(outer);
  const inner = own.flatMap(([key, value]: [string, unknown]): unknown[] => {
    if (['properties', 'definitions'].includes(key)) return Object.values(value ?? {});
    if (['anyOf', 'allOf', 'oneOf', 'items'].includes(key)) return [value].flat();
    return ['additionalProperties', 'propertyNames'].includes(key) ? [value] : [];
  });
  return [Object.fromEntries(own), ...inner.flatMap(schemasIn)];
}

describe('all schemas', () => {
  const folder = new URL('../../../../schemas/', import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.schema.json'));
  const all = files.flatMap((file) =>
    schemasIn(JSON.parse(readFileSync(new URL(file, folder), 'utf8'))).map(
      (one) => [file, one] as const,
    ),
  );

  it('have no keyword without words for people', () => {
    const keywords = new Set(all.flatMap(([, one]) => Object.keys(one)));
    const isWorded = (keyword: string): boolean =>
      wordedKeywords.has(keyword) || silentKeywords.has(keyword) || keyword.startsWith('x-');
    expect([...keywords].filter((keyword) => !isWorded(keyword))).to.deep.equal([]);
    expect(keywords.size).to.be.greaterThan(20);
  });

  it('never hint to quote a number or true where the text would then be refused', () => {
    const ajv = new Ajv({ allErrors: true, verbose: true, strict: false });
    const wrong = all.flatMap(([file, { type, pattern }]) => {
      if (type !== 'string' || typeof pattern !== 'string') return [];
      const validate = ajv.compile({ properties: { value: { type, pattern } } });
      return ['60', '1.5', 'true'].flatMap((value) => {
        const located = locate(`value: ${value}\n`, textBounds.config);
        if (!located.ok || validate(plainValue(located.root))) throw new Error('it was taken');
        const [{ hint = 'no hint' } = {}] = schemaIssues(validate.errors ?? [], located.root);
        const [, written] = /^write "?([^" ]+)"?(?: in quotes)?$/.exec(hint) ?? [];
        const works = written === undefined ? hint !== 'no hint' : validate({ value: written });
        return works ? [] : [`${file}: ${pattern}: ${value}: ${hint}`];
      });
    });
    expect(wrong).to.deep.equal([]);
  });
});

describe('the patterns of all schemas', () => {
  const folder = new URL('../../../../schemas/', import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.schema.json'));

  for (const file of files) {
    it(`have words that people understand: ${file}`, () => {
      const patterns: string[] = [];
      JSON.parse(readFileSync(new URL(file, folder), 'utf8'), (key, value: unknown) => {
        if (key === 'pattern' && typeof value === 'string') patterns.push(value);
        return value;
      });
      expect(patterns.filter((pattern) => !hasForm(pattern))).to.deep.equal([]);
    });
  }
});
