import { expect } from 'chai';
import {
  createProposalChecks,
  type Found,
  type ProposalChecks,
} from '../../../../controller/app/proposals/proposal-checks.ts';

describe('checks of proposals for readers', () => {
  let ms = 0;
  let ran = 0;
  let checks: ProposalChecks;
  beforeEach(() => {
    [ms, ran] = [0, 0];
    const now = (): string => new Date(ms).toISOString();
    checks = createProposalChecks({ now, elapsedMs: () => ms });
  });
  /** A check that takes two seconds of the clock. */
  const check = (): Promise<Found> => {
    ran += 1;
    ms += 2000;
    return Promise.resolve({ issues: [] });
  };

  it('are the same for all readers, however many ask at once', async () => {
    const all = await Promise.all(Array.from({ length: 100 }, () => checks.look(1, check)));
    expect(ran).to.equal(1);
    expect(new Set(all.map((one) => one?.checkedAt))).to.have.length(1);
    for (let asked = 0; asked < 100; asked += 1) await checks.look(1, check);
    expect(ran).to.equal(1);
  });

  it('take a fifth of the time at most, whichever proposals are asked for', async () => {
    while (ms < 600_000) {
      const before = ms;
      for (let id = 1; id <= 50; id += 1) await checks.look(id, check);
      if (ms === before) ms += 100;
    }
    expect(ran * 2000).to.be.most(ms / 5 + 2000);
    expect(ran).to.be.above(50);
  });

  it('show an older one while there is no time for a new one, and its time', async () => {
    checks.keep(1, { issues: [] });
    ms += 60_000;
    await checks.look(2, check);
    const shown = await checks.look(1, check);
    expect(ran).to.equal(1);
    expect(shown?.checkedAt).to.equal('1970-01-01T00:00:00.000Z');
    expect(await checks.look(3, check)).to.equal(undefined);
  });

  it('leave nothing behind of a proposal that was closed while it was checked', async () => {
    const shown = checks.look(1, () => {
      checks.forget(1);
      return check();
    });
    expect(await shown).to.equal(undefined);
    expect(await checks.look(1, check)).to.equal(undefined);
    expect(ran).to.equal(1);
  });

  it('go on after one that failed', async () => {
    const failed = await checks.look(1, () => Promise.reject(new Error('no'))).catch(String);
    expect(failed).to.equal('Error: no');
    expect((await checks.look(1, check))?.issues).to.deep.equal([]);
  });
});
