import { expect } from 'chai';
import { chooseReports } from '../../../agent/ports/datastore/fleet-store.ts';

describe('the choice of reports', () => {
  it('keeps those of all nodes, however many strangers come first', () => {
    const nodes = Array.from({ length: 20_000 }, (_, index) => `node-${String(index)}`);
    const chosen = chooseReports(new Set(nodes));
    for (let index = 0; index < 5000; index += 1) {
      expect(chosen.keep(`stranger-${String(index)}`, '{}')).to.equal(true);
    }
    expect(chosen.keep('stranger', '{}')).to.equal(false);
    expect(nodes.filter((node) => !chosen.keep(node, '{}'))).to.deep.equal([]);
    expect(chosen.skipped()).to.equal(1);
  });
});
