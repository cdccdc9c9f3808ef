/**
 * Seeded runs of controllers and agents with faults. A failure prints its seed;
 * `npm run simulate -- --runs 1 --seed SEED --trace` plays it again.
 */
import { expect } from 'chai';
import { runSeed, type Run } from './run-seed.ts';

/** Few enough for a slow machine; more of them run by hand. */
const runsHere = 40;

describe('controllers and agents with faults', function () {
  this.timeout(300_000);

  const holds = async (seed: number): Promise<void> => {
    const { broken, trace } = await runSeed(seed);
    if (broken.length === 0) return;
    const last = trace.slice(-40).join('\n');
    throw new Error(
      `${broken.join('\n')}\nnpm run simulate -- --runs 1 --seed ${String(seed)} --trace\n${last}`,
    );
  };

  it(`keep all laws in ${String(runsHere)} runs`, async () => {
    for (let seed = 1; seed <= runsHere; seed += 1) await holds(seed);
  });

  it('do the same again with the same seed', async () => {
    const [one, other]: readonly Run[] = [await runSeed(7), await runSeed(7)];
    expect(one?.events).to.be.greaterThan(500);
    expect(other).to.deep.equal(one);
  });
});
