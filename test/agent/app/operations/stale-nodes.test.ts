import { expect } from 'chai';
import { createStaleNodeRemoval } from '../../../../agent/app/operations/stale-node-removal.ts';
import type { StaleNode } from '../../../../core/survey/stale-node.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import { createManualClock } from '../../../support/clocks/manual-clock.ts';

const remove = { policy: 'remove', afterSeconds: 3600 } as const;
const hour = 3_600_000;

describe('Calico Nodes whose machine is gone', () => {
  let clock: ReturnType<typeof createManualClock>;
  let stale: StaleNode[];
  let removed: string[];

  const removal = (
    hasOwnNodes: () => boolean = () => true,
    leader = true,
  ): ReturnType<typeof createStaleNodeRemoval> =>
    createStaleNodeRemoval(
      {
        hasOwnNodes,
        facts: () => ({ name: 'node-0', units: [], addresses: [], labels: {}, leader }),
        staleNodes: () => Promise.resolve(stale),
        removeStaleNode: (name) => Promise.resolve(void removed.push(name)),
      },
      { clock, logger: silentLogger },
    );
  const gone = (name: string): StaleNode => ({ name, hasNode: true, objects: [], blocks: [] });
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const pass = async (milliseconds: number): Promise<void> => {
    for (let left = milliseconds; left > 0; left -= 600_000) {
      await settle();
      clock.advance(Math.min(left, 600_000));
    }
    await settle();
  };

  beforeEach(() => {
    clock = createManualClock();
    stale = [gone('node-7')];
    removed = [];
  });

  it('are only reported without a policy', async () => {
    removal().follow({ policy: 'report', afterSeconds: 3600 });
    await pass(10 * hour);
    expect(removed).to.deep.equal([]);
  });

  it('are removed once they have been gone for long enough, each once', async () => {
    removal().follow(remove);
    await pass(hour);
    expect(removed).to.deep.equal([]);
    await pass(600_000);
    expect(removed).to.deep.equal(['node-7']);
  });

  it('stay when the machine came back in between, and the time begins anew', async () => {
    removal().follow(remove);
    await pass(hour / 2);
    stale = [];
    await pass(600_000);
    stale = [gone('node-7')];
    await pass(hour / 2);
    expect(removed).to.deep.equal([]);
  });

  it('are left alone when they belong to Kubernetes, and by units that do not lead', async () => {
    removal(() => false).follow(remove);
    removal(() => true, false).follow(remove);
    await pass(2 * hour);
    expect(removed).to.deep.equal([]);
  });

  it('are removed also when the datastore was chosen after the start', async () => {
    let isEtcd = false;
    removal(() => isEtcd).follow(remove);
    await pass(hour);
    isEtcd = true;
    await pass(hour + 1_200_000);
    expect(removed).to.deep.equal(['node-7']);
  });

  it('stay when only references to them are left', async () => {
    stale = [{ ...gone('node-7'), hasNode: false }];
    removal().follow(remove);
    await pass(2 * hour);
    expect(removed).to.deep.equal([]);
  });

  it('stay when the list of living nodes does not contain this one', async () => {
    stale = [gone('node-0'), gone('node-7')];
    removal().follow(remove);
    await pass(2 * hour);
    expect(removed).to.deep.equal([]);
  });

  it('stay once the policy changed, or the agent stopped', async () => {
    const one = removal();
    one.follow(remove);
    await pass(hour / 2);
    one.follow({ policy: 'report', afterSeconds: 3600 });
    await pass(2 * hour);
    one.follow(remove);
    await pass(hour / 2);
    one.stop();
    await pass(2 * hour);
    expect(removed).to.deep.equal([]);
  });
});
