import { expect } from 'chai';
import { asNumbersOf, removedAsNumbers, type AsNumbers } from '../../../core/config/as-numbers.ts';
import { parseConfig } from '../../../core/config/parse.ts';

function numbersOf(text: string): AsNumbers {
  const parsed = parseConfig(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return asNumbersOf(parsed.model);
}

const racks = (second: number): string => `
global-as-number: 64512
subnet-as-numbers: "10.0.0.0/24: 64513\\n10.0.1.0/24: ${String(second)}"
global-bgp-peers: "[{address: 10.0.0.1, as-number: 64520}]"
`;

describe('the AS numbers that a change takes away', () => {
  const removed = (before: string, after: string): readonly number[] => [
    ...removedAsNumbers(numbersOf(before), numbersOf(after)),
  ];

  it('are those that the configuration no longer has for any node or peer', () => {
    expect(removed(racks(64514), racks(64515))).to.deep.equal([64514]);
    expect(removed(racks(64514), racks(64514))).to.deep.equal([]);
    expect(removed(racks(64514), racks(64514).replace('64520', '64514'))).to.deep.equal([64520]);
  });

  it('include none that the next configuration keeps', () => {
    const without = 'global-bgp-peers: "[{address: 10.0.0.1, as-number: 64521}]"\n';
    expect(removed(racks(64514), without)).to.deep.equal([64520]);
  });
});
