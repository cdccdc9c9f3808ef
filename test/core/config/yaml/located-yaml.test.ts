import { expect } from 'chai';
import fc from 'fast-check';
import { locate, locateInside } from '../../../../core/config/yaml/located-yaml.ts';
import type { Located, LocatedScalar } from '../../../../core/config/yaml/located.ts';
import { textBounds } from '../../../../core/input/bounds.ts';
import { plainValue } from '../../../../core/config/yaml/plain-value.ts';
import type { Issue } from '../../../../core/issue.ts';

function rootOf(text: string): Located {
  const located = locate(text, textBounds.option);
  if (!located.ok) throw new Error(JSON.stringify(located.issues));
  return located.root;
}

function issuesOf(text: string): readonly Issue[] {
  const located = locate(text, textBounds.option);
  if (located.ok) throw new Error('located');
  return located.issues;
}

/** `pointer line:column` of every value, keys marked. */
function places(node: Located): string[] {
  const own = `${node.place.pointer} ${node.place.line}:${node.place.column}`;
  if (node.kind === 'scalar') return [own];
  if (node.kind === 'list') return [own, ...node.items.flatMap(places)];
  return [
    own,
    ...node.entries.flatMap(({ key, keyPlace, value }) => [
      `${key}= ${keyPlace.pointer} ${keyPlace.line}:${keyPlace.column}`,
      ...places(value),
    ]),
  ];
}

function valueAt(text: string, ...keys: readonly string[]): LocatedScalar {
  let node = rootOf(text);
  for (const key of keys) {
    if (node.kind !== 'map') throw new Error(`nothing at ${key}`);
    const entry = node.entries.find((candidate) => candidate.key === key);
    if (entry === undefined) throw new Error(`nothing at ${key}`);
    node = entry.value;
  }
  if (node.kind !== 'scalar') throw new Error('no scalar');
  return node;
}

describe('located YAML', () => {
  it('knows the place of every key and value', () => {
    expect(places(rootOf('a: 1\nb:\n  - x\n  - c/d: {e~f: "y"}\n'))).to.deep.equal([
      ' 1:1',
      'a= /a 1:1',
      '/a 1:4',
      'b= /b 2:1',
      '/b 3:3',
      '/b/0 3:5',
      '/b/1 4:5',
      'c/d= /b/1/c~1d 4:5',
      '/b/1/c~1d 4:10',
      'e~f= /b/1/c~1d/e~0f 4:11',
      '/b/1/c~1d/e~0f 4:16',
    ]);
  });

  it('reads JSON, also with tabs', () => {
    const text = '{\n\t"a": [1, true, null],\n\t"b": "\\u00e9\\/"\n}';
    expect(plainValue(rootOf(text))).to.deep.equal({ a: [1, true, null], b: 'é/' });
    expect(places(rootOf(text))).to.include('/a/1 2:11');
  });

  it('counts a byte order mark and Windows line ends as editors do', () => {
    expect(places(rootOf('\uFEFFa: 1\r\nb: 2\r\n'))).to.deep.equal([
      ' 1:1',
      'a= /a 1:1',
      '/a 1:4',
      'b= /b 2:1',
      '/b 2:4',
    ]);
  });

  it('keeps keys that are not texts as they were written', () => {
    const text = '0: a\n1.10: b\ntrue: c\n10.0.0.0/24: d\nfd00::/64: e\n"0x1": f\n';
    expect(plainValue(rootOf(text))).to.deep.equal({
      0: 'a',
      '1.10': 'b',
      true: 'c',
      '10.0.0.0/24': 'd',
      'fd00::/64': 'e',
      '0x1': 'f',
    });
  });

  it('keeps keys that break other programs', () => {
    const value = plainValue(rootOf('__proto__: {polluted: 1}\nconstructor: 2\n'));
    expect(Object.keys(Object(value))).to.deep.equal(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined);
  });

  it('keeps the source of numbers, and whether a value is quoted', () => {
    expect(valueAt('a: 1.10', 'a')).to.include({ value: 1.1, source: '1.10', quoted: false });
    expect(valueAt('a: "1.10"', 'a')).to.include({ value: '1.10', source: '1.10', quoted: true });
    expect(valueAt('a: !!str 1.10', 'a')).to.include({ value: '1.10', quoted: true });
    expect(valueAt('a: |\n  x\n', 'a')).to.include({ value: 'x\n', quoted: true });
  });

  it('reads YAML 1.2: yes and on are texts', () => {
    const text = '%YAML 1.1\n---\n{a: yes, b: on, d: 1_0}';
    expect(plainValue(rootOf(text))).to.deep.equal({ a: 'yes', b: 'on', d: '1_0' });
  });

  it('keeps a number as text when readers of YAML 1.1 take it for another one', () => {
    const text = '{a: 010, b: -08, c: 0o10, d: 0x1F, e: 0, f: 0.5, g: 1e3}';
    expect(plainValue(rootOf(text))).to.deep.equal({
      ...{ a: '010', b: '-08', c: '0o10' },
      ...{ d: 31, e: 0, f: 0.5, g: 1000 },
    });
  });

  it('gives values that JSON cannot hold as texts', () => {
    expect(plainValue(rootOf('{a: .inf, b: .nan}'))).to.deep.equal({ a: '.inf', b: '.nan' });
  });

  it('places an absent value at its key', () => {
    expect(places(rootOf('a:\n  b:\nc: 1'))).to.include('/a/b 2:3');
  });

  it('expands aliases, with the places where the values are written', () => {
    const root = rootOf('a: &x {b: 1}\nc: *x\nd: [*x]\n');
    expect(plainValue(root)).to.deep.equal({ a: { b: 1 }, c: { b: 1 }, d: [{ b: 1 }] });
    expect(places(root)).to.include.members(['/c/b 1:11', '/d/0/b 1:11']);
  });

  it('merges the values of <<: own values first, then the first that has one, each with its place', () => {
    const root = rootOf(
      'x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz:\n  <<: [*x, *y]\n  a: 5\nw: {"<<": 1}\nv: {<<: *y}\n',
    );
    expect(plainValue(root)).to.deep.include({
      z: { a: 5, b: 2, c: 4 },
      w: { '<<': 1 },
      v: { b: 3, c: 4 },
    });
    expect(places(root)).to.include.members(['/z/a 5:6', '/z/b 1:17', '/z/c 2:17', '/v/b 2:11']);
  });

  const faults: readonly (readonly [string, string, string, string, string])[] = [
    ['an empty text', '', 'yaml-empty', '1:1', 'empty'],
    ['comments only', '# nothing\n', 'yaml-empty', '1:1', 'empty'],
    ['a document of nothing', '---\n', 'yaml-empty', '1:1', 'empty'],
    ['a second document', 'a: 1\n---\nb: 2\n', 'yaml-several-documents', '2:1', 'second document'],
    [
      'a key twice',
      'a: 1\nb: 2\na: 3\n',
      'yaml-duplicate-key',
      '3:1',
      'already at line 1, column 1',
    ],
    ['a JSON key twice', '{"a": 1, "a": 1}', 'yaml-duplicate-key', '1:10', 'line 1, column 2'],
    ['a tab', 'a:\n\tb: 1\n', 'yaml-tab', '2:1', 'tabs'],
    ['a tab in a block', 'a: |\n\tb: 1\n', 'yaml-tab', '2:1', 'tabs'],
    ['a tab behind spaces', 'a:\n  b: 1\n \tc: 1\n', 'yaml-tab', '3:2', 'tabs'],
    ['a bracket that stays open', 'a: [1, 2\n', 'yaml-syntax', '1:4', 'bracket that opens here'],
    ['an inner bracket', 'a: {b: [1, 2}\nc: 1\n', 'yaml-syntax', '1:8', 'bracket that opens here'],
    ['a quote that stays open', 'a: "x\\"\n', 'yaml-syntax', '1:4', 'quote that opens here'],
    ['a single quote', "a: 'it''\nb: 1\n", 'yaml-syntax', '1:4', 'quote that opens here'],
    ['a colon within a value', 'a: b: c\n', 'yaml-syntax', '1:4', 'a second key with ": "'],
    ['wrong indentation', 'a:\n   b: 1\n  c: 2\n', 'yaml-syntax', '3:1', 'does not fit the lines'],
    ['a reserved character', 'a: @b\n', 'yaml-syntax', '1:4', 'without quotes cannot begin'],
    [
      'JSON behind JSON',
      '{"a": 1}\n{"a": 2}\n',
      'yaml-several-documents',
      '2:1',
      'second document',
    ],
    ['a template', '{{- if .Values.x }}\na: 1\n', 'yaml-syntax', '2:2', 'cannot stand here'],
    ['a wrong escape', 'a: "\\d"\n', 'yaml-syntax', '1:5', 'escape'],
    ['an alias without anchor', 'a: *b\n', 'yaml-alias', '1:4', 'no anchor &b'],
    ['an alias within its anchor', 'a: &b [*b]\n', 'yaml-alias', '1:8', 'stands within'],
    ['a merge key of no mapping', 'a: &b 1\nd:\n  <<: *b\n', 'yaml-merge', '3:3', 'a mapping'],
    ['a merge of itself', 'a: &b\n  <<: *b\n', 'yaml-alias', '2:7', 'stands within'],
    ['a tag', 'a: !secret b\n', 'yaml-tag', '1:4', '!secret'],
    ['a binary', 'a: !!binary aGk=\n', 'yaml-tag', '1:4', 'binary'],
    ['a list as key', '? [a]\n: b\n', 'yaml-key', '1:3', 'a plain text'],
    ['no key', ': b\n', 'yaml-key', '1:1', 'a plain text'],
  ];
  for (const [name, text, code, place, words] of faults) {
    it(`refuses ${name} with ${code} at ${place}`, () => {
      const [issue] = issuesOf(text);
      expect(issue).to.include({ severity: 'error', code });
      expect(`${issue?.line}:${issue?.column}`).to.equal(place);
      expect(issue?.message).to.include(words);
      expect(issue?.message).to.not.match(/\n|\.$|^[A-Z]/);
    });
  }

  it('names several faults at once, one per line', () => {
    expect(issuesOf('a: @b\nc: `d\ne: 1\n').map(({ line }) => line)).to.deep.equal([1, 2]);
  });

  const hostile: readonly (readonly [string, string, string])[] = [
    ['100,000 open brackets', '['.repeat(100_000), 'yaml-too-deep'],
    ['a megabyte of braces', '{a: '.repeat(260_000), 'yaml-too-deep'],
    ['a megabyte of list marks', '- '.repeat(520_000), 'yaml-too-deep'],
    ['a megabyte of keys on a line', 'a: '.repeat(300_000), 'yaml-too-deep'],
    [
      'colons behind a brace that stays open',
      `a: {\n${': '.repeat(4000)}\nb: 1\n`,
      'yaml-too-deep',
    ],
    ['questions on a line', '? '.repeat(300_000), 'yaml-too-deep'],
    [
      'deep indentation',
      Array.from({ length: 1400 }, (_, i) => `${' '.repeat(i)}a:\n`).join(''),
      'yaml-too-deep',
    ],
    ['many documents', '---\n'.repeat(200_000), 'yaml-several-documents'],
    ['a megabyte of closing brackets', ']'.repeat(1_000_000), 'yaml-syntax'],
    ['ten megabytes', 'x'.repeat(10 * 1024 * 1024), 'too-large'],
    ['an anchor bomb', anchors(30, 10), 'yaml-aliases'],
    ['a tower of aliases', anchors(80, 1), 'yaml-too-deep'],
  ];
  for (const [name, text, code] of hostile) {
    it(`refuses ${name}, with ${code}`, () => {
      expect(issuesOf(text)[0]).to.include({ severity: 'error', code });
    });
  }

  it('takes 64 levels', () => {
    expect(locate(`${'['.repeat(64)}${']'.repeat(64)}`, textBounds.option).ok).to.equal(true);
    expect(issuesOf(`${'['.repeat(65)}${']'.repeat(65)}`)[0]).to.include({ line: 1, column: 65 });
  });

  it('measures its limit in bytes, and takes another one', () => {
    const text = `a: ${'é'.repeat(textBounds.option.maxBytes / 2 - 10)}`;
    expect(locate(text, textBounds.option).ok).to.equal(true);
    expect(issuesOf(`${text}${'é'.repeat(10)}`)[0]).to.include({ code: 'too-large' });
    expect(locate('a: 12345', { ...textBounds.option, maxBytes: 7 }).ok).to.equal(false);
    expect(locate('a: 12345', { ...textBounds.option, maxBytes: 8 }).ok).to.equal(true);
  });

  it('does not list a hundred thousand duplicate keys', () => {
    expect(issuesOf('a: 1\n'.repeat(20_000))).to.have.lengthOf(100);
  });

  it('never throws, and places everything within the text', () => {
    const pieces = fc.constantFrom(
      'a',
      ': ',
      '- ',
      '\n',
      '  ',
      '[',
      ']',
      '{',
      '}',
      ',',
      '"',
      "'",
      '|\n',
      '&x ',
      '*x',
      '!t ',
      '#',
      '\t',
      '%',
      '---\n',
      '? ',
      '<<',
    );
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces, { maxLength: 40 }).map((list) => list.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const lines = text.split('\n').length;
        const located = locate(text, textBounds.option);
        const found = located.ok ? [] : located.issues;
        for (const { line } of found) expect(line).to.be.within(1, lines);
      }),
      { numRuns: 2000 },
    );
  });

  it('gives the value of every JSON text', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value, undefined, 1);
        expect(plainValue(rootOf(text))).to.deep.equal(JSON.parse(text));
      }),
    );
  });
});

describe('YAML inside a string', () => {
  function inside(text: string, ...keys: readonly string[]): Located | readonly Issue[] {
    const located = locateInside(valueAt(text, ...keys), keys.at(-1) ?? '');
    return located.ok ? located.root : located.issues;
  }

  function placeOf(found: Located | readonly Issue[], index = 0): unknown {
    if ('length' in found) return found[index];
    return found.kind === 'map' ? found.entries[index]?.value.place : found.place;
  }

  it('is exact in the outer text too, within a literal block', () => {
    const text = 'outer:\n  opt: |\n\n      0: 64512\n      1: [a,\n       b]\n';
    expect(placeOf(inside(text, 'outer', 'opt'), 1)).to.deep.equal({
      pointer: '/outer/opt/1',
      line: 5,
      column: 10,
      inside: { option: 'opt', line: 3, column: 4 },
    });
  });

  it('is exact with an indentation indicator', () => {
    expect(placeOf(inside('opt: |2\n  0: 5\n', 'opt'))).to.deep.equal({
      pointer: '/opt/0',
      line: 2,
      column: 6,
      inside: { option: 'opt', line: 1, column: 4 },
    });
  });

  it('is exact within quotes with escapes', () => {
    expect(placeOf(inside('{"opt": "0: 5\\n1: 6\\n"}', 'opt'), 1)).to.deep.equal({
      pointer: '/opt/1',
      line: 1,
      column: 19,
      inside: { option: 'opt', line: 2, column: 4 },
    });
  });

  it('places a fault inside the string', () => {
    expect(placeOf(inside('opt: |\n  0: [1\n  2: 3\n', 'opt'))).to.deep.include({
      code: 'yaml-syntax',
      pointer: '/opt',
      line: 2,
      inside: { option: 'opt', line: 1, column: 4 },
    });
  });

  it('is empty when there are only comments', () => {
    expect(inside('opt: "# none"', 'opt')).to.include({ kind: 'scalar', value: null });
  });
});

/** Each line repeats the one before it `width` times. */
function anchors(count: number, width: number): string {
  const lines = Array.from({ length: count }, (_, index) => {
    const repeated = Array.from({ length: width }, () => `*a${index}`).join(',');
    return `a${index + 1}: &a${index + 1} [${repeated}]`;
  });
  return ['a0: &a0 [x]', ...lines].join('\n');
}
