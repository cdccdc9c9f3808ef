import { expect } from 'chai';
import { createFollowing } from '../../../../agent/app/reconcile/follow-datastore.ts';
import type {
  DatastoreEvent,
  WatchListener,
} from '../../../../agent/ports/datastore/calico-datastore.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import { createManualClock } from '../../../support/clocks/manual-clock.ts';
import { createMemoryDatastore } from '../../../support/twins/memory-datastore.ts';

const peer = { type: 'object', kind: 'BGPPeer', name: 'x' } as const;
const lease = { type: 'object', kind: 'Lease', name: 'calico-agent' } as const;
const record = { type: 'object', kind: 'WriterRecord', name: 'scope' } as const;

it('the status names the fault at once when a datastore cannot be watched', async () => {
  const clock = createManualClock();
  let wakes = 0;
  let fail = (_reason: string): void => undefined;
  const watch = (_node: string, { failing }: WatchListener) => {
    fail = failing;
    return { stop: () => Promise.resolve() };
  };
  const following = createFollowing(
    { ...createMemoryDatastore(), watch },
    {
      clock,
      logger: silentLogger,
      wake: () => {
        wakes += 1;
      },
      recordMatters: () => false,
      readRecord: () => Promise.resolve(),
    },
  );
  await following.follow('node-0');
  fail('no program listens there');
  clock.advance(3000);
  expect([wakes, following.isWatching()]).to.deep.equal([1, false]);
  await following.stop();
});

describe('a change in the datastore', () => {
  // The last number says how often the record is read for the status.
  const cases: readonly [string, DatastoreEvent, boolean, number, number?][] = [
    ['an object of the cluster', peer, false, 1],
    ['an object of this node', { ...peer, ofNode: 'node-0' }, false, 1],
    ['an object of another node', { ...peer, ofNode: 'node-1' }, false, 0],
    ['anything at all', { type: 'anything' }, false, 1],
    ['the lease, while this agent waits for nobody', lease, false, 0, 1],
    ['the record, while this agent waits for nobody', record, false, 0, 1],
    ['the lease, while this agent waits for its holder', lease, true, 1],
    ['the record, while somebody holds the cluster', record, true, 1],
  ];
  for (const [what, event, recordMatters, expected, expectedLooks = 0] of cases) {
    it(`${expected === 1 ? 'wakes' : 'does not wake'} the agent: ${what}`, async () => {
      const clock = createManualClock();
      let wakes = 0;
      let looks = 0;
      let tell = (_event: DatastoreEvent): void => undefined;
      const watch = (_node: string, { changed }: WatchListener) => {
        tell = changed;
        return { stop: () => Promise.resolve() };
      };
      const following = createFollowing(
        { ...createMemoryDatastore(), watch },
        {
          clock,
          logger: silentLogger,
          wake: () => {
            wakes += 1;
          },
          recordMatters: () => recordMatters,
          readRecord: () => {
            looks += 1;
            return Promise.resolve();
          },
        },
      );
      await following.follow('node-0');
      tell(event);
      tell(event);
      clock.advance(3000);
      expect({ wakes, looks }).to.deep.equal({ wakes: expected, looks: expectedLooks });
      tell({ type: 'anything' });
      await following.stop();
      clock.advance(3000);
      expect(wakes).to.equal(expected);
    });
  }

  it('wakes the agent when the record is unreadable: it must not miss a hold', async () => {
    const clock = createManualClock();
    let tell = (_event: DatastoreEvent): void => undefined;
    const watch = (_node: string, { changed }: WatchListener) => {
      tell = changed;
      return { stop: () => Promise.resolve() };
    };
    const woken = new Promise<string>((resolve) => {
      const following = createFollowing(
        { ...createMemoryDatastore(), watch },
        {
          clock,
          logger: silentLogger,
          wake: () => resolve('woken'),
          recordMatters: () => false,
          readRecord: () => Promise.reject(new Error('the server is away')),
        },
      );
      void following.follow('node-0').then(() => tell(record));
    });
    await clock.passNext();
    expect(await woken).to.equal('woken');
  });
});
