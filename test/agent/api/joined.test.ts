import { expect } from 'chai';
import { joined } from '../../../agent/api/joined.ts';

describe('joined calls', () => {
  it('are one while it runs, and a new one afterwards', async () => {
    let runs = 0;
    let finish = (_value: string): void => undefined;
    const ask = joined(() => {
      runs += 1;
      return new Promise<string>((resolve) => {
        finish = resolve;
      });
    });
    const early = [ask(), ask(), ask()];
    expect(runs).to.equal(1);
    finish('a');
    expect(await Promise.all(early)).to.deep.equal(['a', 'a', 'a']);
    const late = ask();
    finish('b');
    expect([await late, runs]).to.deep.equal(['b', 2]);
  });

  it('fail together, and are tried again by the next', async () => {
    let runs = 0;
    const ask = joined(() => {
      runs += 1;
      return runs === 1 ? Promise.reject(new Error('away')) : Promise.resolve('back');
    });
    const early = await Promise.allSettled([ask(), ask()]);
    expect(early.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
    expect(await ask()).to.equal('back');
  });
});
