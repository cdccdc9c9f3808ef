import { Ajv } from 'ajv';
import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { locate } from '../../../../core/config/yaml/located-yaml.ts';
import { textBounds } from '../../../../core/input/bounds.ts';
import { plainValue } from '../../../../core/config/yaml/plain-value.ts';
import { nearestName } from '../../../../core/nearest-name.ts';
import { hasForm } from '../../../../core/config/schema/schema-forms.ts';
import { schemaIssues } from '../../../../core/config/schema/schema-issues.ts';
import { summary } from '../reading-configs.ts';

const schema = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', minLength: 2, maxLength: 4, pattern: '^[a-z]*$' },
    level: { enum: ['Always', 'Never'] },
    on: { type: 'boolean' },
    count: { type: 'integer', minimum: 1 },
    version: { const: 'v1' },
    either: { anyOf: [{ type: 'string' }, { type: 'integer' }] },
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
      'error unknown-key /zzz 1:12 | unknown key "zzz" | known here: name, level, on, count, version, either, items',
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
    [
      '{name: 12}',
      'error wrong-type /name 1:8 | "name" must be a text, but is 12 | write "12" in quotes',
    ],
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
      '{name: ab, version: v2}',
      'error unknown-value /version 1:21 | "version" must be v1, but is the text "v2" | -',
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
      'error unknown-key /__proto__ 1:12 | unknown key "__proto__" | known here: name, level, on, count, version, either, items',
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
