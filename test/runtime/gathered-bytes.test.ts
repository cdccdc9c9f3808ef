import { expect } from 'chai';
import { GatheredBytes } from '../../runtime/gathered-bytes.ts';

describe('bytes that are gathered', () => {
  it('hold no more than twice their number, also when they come one by one', () => {
    const gathered = new GatheredBytes();
    for (let count = 0; count < 100_000; count += 1) gathered.add(Buffer.from('x'));
    expect(gathered.length).to.equal(100_000);
    expect(gathered.heldBytes).to.be.at.most(200_000);
    expect(gathered.text()).to.equal('x'.repeat(100_000));
  });

  it('are a copy, and make one text of a character that was cut in two', () => {
    const gathered = new GatheredBytes();
    const chunk = Buffer.from('aü');
    gathered.add(chunk.subarray(0, 2));
    gathered.add(chunk.subarray(2));
    chunk.fill('-');
    expect(gathered.text()).to.equal('aü');
  });

  it('give back a large buffer when they are cleared, and begin anew', () => {
    const gathered = new GatheredBytes();
    gathered.add(Buffer.alloc(1024 * 1024));
    gathered.clear();
    expect(gathered.heldBytes).to.equal(0);
    gathered.add(Buffer.from('b'));
    expect(gathered.text()).to.equal('b');
  });
});
