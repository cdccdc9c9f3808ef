/**
 * An issue points at its fault in any form of the text: the fault is marked in the text with
 * characters that occur nowhere else, and found again by line and column.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import { parseConfig } from '../../../../core/config/parse.ts';
import type { Issue } from '../../../../core/issue.ts';

/** The text from the issue's place on, where an editor would jump. */
function textAt(text: string, issue: Issue | undefined): string {
  const { line = 0, column = 0 } = issue ?? {};
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  return [...(lines[line - 1] ?? '')].slice(column - 1).join('');
}

function onlyError(text: string): Issue | undefined {
  const errors = parseConfig(text).issues.filter(({ severity }) => severity === 'error');
  expect(errors, text).to.have.length(1);
  return errors[0];
}

const head = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\nbgp: {asNumber: 64512}\n';
const fault = '65535';
const codes = new Set(['as-number-reserved', 'pool-cidr-host-bits']);

/** Each with one AS number, or a network, that is refused. */
const rows: readonly (readonly [form: string, text: string])[] = [
  ['a literal block', `unit-as-numbers: |\n  0: 64512\n  1: ${fault}\n`],
  ['a literal block with an indicator', `unit-as-numbers: |2-\n    1: ${fault}\n`],
  ['a literal block after blank lines', `unit-as-numbers: |\n\n\n     1: ${fault}\n`],
  ['a folded block', `unit-as-numbers: >-\n  {0: 64512,\n  1: ${fault}}\n`],
  [
    'a folded block with a comment',
    `unit-as-numbers: > # folded\n\n  {0: 64512,\n\n  1: ${fault}}\n`,
  ],
  [
    'a folded block with deeper lines',
    `unit-as-numbers: >\n  {0: 64512,\n     2: 3,\n  1: ${fault}}\n`,
  ],
  ['single quotes', `unit-as-numbers: '{0: 64512, 1: ${fault}}'\n`],
  ['single quotes with a quote', `unit-as-numbers: '{''0'': 64512, ''1'': ${fault}}'\n`],
  ['single quotes over lines', `unit-as-numbers: '{0: 64512,\n\n    1: ${fault}}'\n`],
  ['double quotes', `unit-as-numbers: "0: 64512\\n1: ${fault}"\n`],
  ['double quotes with quotes', `unit-as-numbers: "{\\"0\\": 64512, \\"1\\": ${fault}}"\n`],
  ['double quotes with codes', `unit-as-numbers: "{\\x30: 64512,\\u0020\\U00000031: ${fault}}"\n`],
  ['double quotes, continued', `unit-as-numbers: "{0: 64512,\\\n   \\  1: ${fault}}"\n`],
  ['a plain text over lines', 'cidr: 10.1.0.0/16,\n\n   fd00::1/64\n'],
  ['JSON', `{"unit-as-numbers": "0: 64512\\n1: ${fault}\\n"}`],
  ['JSON after a character of two units', `{"x😀": 1, "unit-as-numbers": "0: 1\\n1: ${fault}"}`],
  ['CRLF', `unit-as-numbers: |\r\n  0: 64512\r\n  1: ${fault}\r\n`],
  ['CRLF and a folded block', `unit-as-numbers: >\r\n  {0: 64512,\r\n  1: ${fault}}\r\n`],
  ['a byte order mark', `\uFEFFunit-as-numbers: '{1: ${fault}}'\n`],
  ['an anchor before a text', `unit-as-numbers: &x '{1: ${fault}}'\n`],
  [
    'an alias',
    `variables: {a: &x '{1: ${fault}}'}\napplications: {calico: {charm: calico, options: {unit-as-numbers: *x}}}\n`,
  ],
  ['a flow mapping', `${head}groups: [{name: g, match: {nodes: [a]}, asNumber: ${fault}}]\n`],
  [
    'an alias of a mapping',
    `${head}groups:\n- &g {name: g, match: {nodes: [a]}, asNumber: ${fault}}\n`,
  ],
  ['a merge', `${head}groups:\n- <<: {asNumber: ${fault}}\n  name: g\n  match: {nodes: [a]}\n`],
  [
    'tabs after a key',
    `${head}groups:\n- name:\tg\n  match: {nodes: [a]}\n  asNumber:\t${fault}\n`,
  ],
];

describe('the place of a fault', () => {
  for (const [form, text] of rows) {
    it(`is exact: ${form}`, () => {
      const { issues } = parseConfig(text);
      const issue = issues.find(({ code }) => codes.has(code));
      expect(issue, JSON.stringify(issues)).to.not.equal(undefined);
      expect(textAt(text, issue)).to.match(/^(?:65535|fd00::1)/);
    });
  }

  const forms: Readonly<Record<string, (selector: string) => string>> = {
    plain: (selector) => selector,
    'in single quotes': (selector) => `'${selector.replaceAll("'", "''")}'`,
    'in double quotes': (selector) => JSON.stringify(selector),
    folded: (selector) => `>-\n      ${selector.replaceAll(' && ', ' &&\n      ')}`,
    'of several lines': (selector) => selector.replaceAll(' && ', ' &&\n      '),
    literal: (selector) => `|-\n      ${selector}`,
  };
  const selectors = [
    ["rack == 'r1' && zone = 'z'", "= 'z'"],
    ["rack == 'r1' && zone == z", 'z'],
    ["rack == '😀' && zone % 'z'", '%'],
    ["rack == 'r1' && 😀", '😀'],
    ["rack == 'r1' && (zone == 'z'", ''],
  ] as const;
  for (const [form, written] of Object.entries(forms)) {
    for (const [selector, at] of selectors) {
      it(`is that of the fault in a selector, ${form}: ${selector}`, () => {
        const text = `${head}groups:\n- name: g\n  asNumber: 64513\n  match:\n    selector: ${written(selector)}\n`;
        const issue = onlyError(text);
        expect(issue?.code).to.equal('selector-invalid');
        const shown = textAt(text, issue).replaceAll("''", "'");
        expect(at === '' ? shown.replace(/^['"]$/, '') : shown.slice(0, at.length)).to.equal(at);
      });
    }
  }

  it('names a character of two code units whole', () => {
    const issue = onlyError(
      `${head}groups: [{name: g, match: {selector: "a == '1' && 😀"}, asNumber: 1}]\n`,
    );
    expect(issue?.message).to.contain('unexpected character "😀"');
  });

  it('is exact for a fault among any entries, in every form of a string', () => {
    const styles = [
      (lines: readonly string[]) => `|\n${lines.map((line) => `   ${line}\n`).join('')}`,
      (lines: readonly string[]) =>
        `>\n${[`{`, ...lines.map((line) => `${line},`), '}'].map((line) => `  ${line}\n`).join('')}`,
      (lines: readonly string[]) => `${JSON.stringify(lines.join('\n'))}\n`,
      (lines: readonly string[]) => `'{${lines.join(', ')}}'\n`,
      (lines: readonly string[]) => `"{${lines.join(',\n\n  ')}}"\n`,
    ];
    fc.assert(
      fc.property(
        fc.nat({ max: 12 }),
        fc.nat({ max: 12 }),
        fc.constantFrom(...styles),
        fc.constantFrom('\n', '\r\n'),
        fc.constantFrom('', '\uFEFF', '# 😀\n'),
        (before, after, style, lineEnd, start) => {
          const numbers = Array.from(
            { length: before + 1 + after },
            (_, index) => `${index}: ${index === before ? fault : 64512 + index}`,
          );
          const text = `${start}unit-as-numbers: ${style(numbers)}`.replaceAll('\n', lineEnd);
          expect(textAt(text, onlyError(text)).slice(0, fault.length), text).to.equal(fault);
        },
      ),
    );
  });
});
