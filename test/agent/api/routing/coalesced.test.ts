import { expect } from 'chai';
import { coalesced } from '../../../../agent/api/routing/coalesced.ts';
import { eventually } from '../../../support/eventually.ts';

describe('coalesced calls', () => {
  let runs: { readonly finish: (value: string) => void; readonly fail: () => void }[];
  let ask: () => Promise<string>;
  const begun = (count: number): Promise<void> =>
    eventually(() => expect(runs).to.have.length(count));

  beforeEach(() => {
    runs = [];
    ask = coalesced(
      () =>
        new Promise<string>((resolve, reject) => {
          runs.push({ finish: resolve, fail: () => reject(new Error('away')) });
        }),
    );
  });

  it('run once more, and only once, for all callers that come while one runs', async () => {
    const first = ask();
    const later = [ask(), ask(), ask()];
    expect(runs).to.have.length(1);
    runs[0]?.finish('before');
    expect(await first).to.equal('before');
    await begun(2);
    runs[1]?.finish('after');
    expect(await Promise.all(later)).to.deep.equal(['after', 'after', 'after']);
    expect(runs).to.have.length(2);
  });

  it('run at once for a later caller', async () => {
    const first = ask();
    runs[0]?.finish('a');
    await first;
    await new Promise((resolve) => setTimeout(resolve, 50));
    const later = ask();
    expect(runs).to.have.length(2);
    runs[1]?.finish('b');
    expect(await later).to.equal('b');
  });

  it('survive the failure of an earlier one', async () => {
    const first = ask();
    const second = ask();
    runs[0]?.fail();
    expect(await first.catch((error: Error) => error.message)).to.equal('away');
    await begun(2);
    runs[1]?.finish('back');
    expect(await second).to.equal('back');
  });
});
