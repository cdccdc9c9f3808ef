import { expect } from 'chai';
import { parseConfig } from '../../../../core/config/parse.ts';
import type { NetworkModel } from '../../../../core/config/model.ts';

const head = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\nbgp: {asNumber: 64512}\n';
const forms = {
  'in block style': (selector: string): string =>
    `${head}groups:\n- name: g\n  match:\n    selector: ${selector}\n  asNumber: 64512\n`,
  'in flow style': (selector: string): string =>
    `${head}groups:\n- name: g\n  match: { selector: ${selector} }\n  asNumber: 64512\n`,
};

function selectorOf({ groups }: NetworkModel): string | undefined {
  return groups[0]?.match.selector?.value.text;
}

/** The selector that results when the hint is obeyed: quotes around the whole text. */
function quoted(selector: string): string {
  return selector.includes('"') ? `'${selector.replaceAll("'", "''")}'` : `"${selector}"`;
}

describe('a selector that begins with "!" and has no quotes', () => {
  const selectors = [
    '!has(x)',
    '! has(x)',
    '!!has(x)',
    '!has(x) && has(y)',
    "!rack == 'r1'",
    "!(rack == 'r1' && has(x))",
    '!rack == "r1"',
    "!has(x) || rack in {'a', 'b'}",
    "!rack in {'a', 'b'}",
  ];
  for (const [form, textOf] of Object.entries(forms)) {
    for (const selector of selectors) {
      it(`is refused, and its hint leads to the intended selector, ${form}: ${selector}`, () => {
        const text = textOf(selector);
        const lines = text.split('\n');
        const line = lines.findIndex((one) => one.includes('selector:'));
        const parsed = parseConfig(text);
        expect(parsed.ok).to.equal(false);
        expect(parsed.issues).to.have.length(1);
        const [issue] = parsed.issues;
        expect(issue?.line).to.equal(line + 1);
        expect(issue?.hint).to.match(
          /^put quotes around the whole (?:text: |selector, from the "!")/,
        );
        const told = /: (["'].*)$/.exec(issue?.hint ?? '')?.[1] ?? quoted(selector);
        const mended = parseConfig(textOf(told));
        expect(mended.issues.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
        if (mended.ok) expect(selectorOf(mended.model)).to.equal(selector);
      });
    }
  }

  it('is reported where its tag begins', () => {
    const [issue] = parseConfig(forms['in block style']('!has(x) && has(y) # not yet')).issues;
    expect([issue?.code, issue?.line, issue?.column]).to.deep.equal(['yaml-tag', 7, 15]);
  });
});

describe('a tag', () => {
  for (const [text, column, hint] of [
    ['a: !vault |\n  secret\n', 4, 'take the tag away'],
    ['a: !Ref name\n', 4, 'take the tag away, or put quotes around the whole text: "!Ref name"'],
    ['a: !!python/object {b: 1}\n', 4, 'take the tag away'],
    ['a: !x &y "text"\n', 4, 'take the tag away'],
    ['!x a: 1\n', 1, 'take the tag away, or put quotes around the whole text: "!x a"'],
  ] as const) {
    it(`is reported where it is written: ${text.trim().split('\n')[0]}`, () => {
      const [issue] = parseConfig(text).issues;
      expect([issue?.code, issue?.column, issue?.hint]).to.deep.equal(['yaml-tag', column, hint]);
    });
  }
});
