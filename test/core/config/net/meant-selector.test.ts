import { expect } from 'chai';
import fc from 'fast-check';
import { meantSelector } from '../../../../core/config/net/meant-selector.ts';
import { parseSelector } from '../../../../core/config/net/selector.ts';
import { parseConfig } from '../../../../core/config/parse.ts';

const document = (selector: string): string =>
  `apiVersion: calico-agent/v1
kind: NetworkConfig
groups:
- name: g
  match: {selector: ${JSON.stringify(selector)}}
  asNumber: 64512
`;

describe('a selector in the form of another tool', () => {
  for (const [text, meant] of [
    ['rack=r1', "rack == 'r1'"],
    ['rack==r1,zone!=z1', "rack == 'r1' && zone != 'z1'"],
    ['rack', 'has(rack)'],
    ['!rack', '!has(rack)'],
    ['!rack,zone', '!has(rack) && has(zone)'],
    ['rack in (r1, r2)', "rack in {'r1', 'r2'}"],
    ['rack notin (r1),gpu', "rack not in {'r1'} && has(gpu)"],
    ["rack in ['r1' 'r2']", "rack in {'r1', 'r2'}"],
    ['node-role.kubernetes.io/control-plane', 'has(node-role.kubernetes.io/control-plane)'],
    ['rack: r1', "rack == 'r1'"],
    ["rack = 'r1' and not gpu", "rack == 'r1' && !has(gpu)"],
    ["(rack is 'r1' OR rack is 'r2') AND gpu", "(rack == 'r1' || rack == 'r2') && has(gpu)"],
    ["rack == 'r1' & has(gpu) | all()", "rack == 'r1' && has(gpu) || all()"],
    ['rack == “r1”', "rack == 'r1'"],
    ['rack === ‘r1’', "rack == 'r1'"],
    ["rack == it's", undefined],
    ['rack == "it\'s" and x', 'rack == "it\'s" && has(x)'],
    ["has('rack')", 'has(rack)'],
    ['has (rack)', 'has(rack)'],
    ['rack exists', 'has(rack)'],
    ["'r1' == rack", "rack == 'r1'"],
    ['rack startsWith r', "rack starts with 'r'"],
    ["rack == 'r1'\n&& gpu", "rack == 'r1' && has(gpu)"],
    ['*', 'all()'],
    ['all', 'all()'],
    ['ALL()', 'all()'],
    ["rack =~ 'r.*'", undefined],
    ["rack > '1'", undefined],
    ["rack == 'r1", undefined],
    ['(rack', undefined],
    ["rack == 'r1' &&", undefined],
  ] as const) {
    it(`is ${meant === undefined ? 'not guessed' : 'suggested in the form of Calico'}: ${text}`, () => {
      expect(meantSelector(text)).to.equal(meant);
      const [issue] = parseConfig(document(text)).issues;
      expect(issue?.code).to.equal('selector-invalid');
      expect(issue?.hint).to.equal(meant && `did you mean ${meant}`);
      if (meant !== undefined) expect(parseConfig(document(meant)).ok).to.equal(true);
    });
  }

  it('means itself when Calico takes it, and is always one that Calico takes', () => {
    const word = fc.constantFrom(
      ...["rack == 'r1'", 'has(gpu)', 'rack', '!', '(', ')', ' && ', ' or ', ',', " in {'r1'}"],
    );
    const nodes = [{}, { rack: 'r1' }, { gpu: '' }, { rack: 'r2', gpu: 'x' }];
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), (words) => {
        const text = words.join('');
        const meant = meantSelector(text);
        const parsed = parseSelector(text);
        if (meant === undefined) return;
        const told = parseSelector(meant);
        if (!told.ok) throw new Error(meant);
        if (!parsed.ok) return;
        for (const labels of nodes) {
          expect(told.selector.matches(labels)).to.equal(parsed.selector.matches(labels));
        }
      }),
    );
  });
});
