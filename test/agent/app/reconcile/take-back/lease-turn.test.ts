import { expect } from 'chai';
import {
  createLeaseTurn,
  type LeaseTurn,
} from '../../../../../agent/app/reconcile/take-back/lease-turn.ts';
import type { WriterLease } from '../../../../../agent/ports/datastore/writer-lease.ts';
import { silentLogger } from '../../../../../runtime/log/logger.ts';
import { AppError } from '../../../../../runtime/errors.ts';
import { createManualClock, type ManualClock } from '../../../../support/clocks/manual-clock.ts';
import { createMemoryWriterLease } from '../../../../support/twins/memory-writer-lease.ts';

describe('the turn of a node without a revision', () => {
  let clock: ManualClock;
  let down: readonly string[];
  let isAnswering: boolean;
  beforeEach(() => {
    clock = createManualClock();
    down = [];
    isAnswering = true;
  });

  const turnOf = (lease: WriterLease): LeaseTurn => {
    const answered = <T>(value: T): Promise<T> =>
      isAnswering
        ? Promise.resolve(value)
        : Promise.reject(new AppError('datastore-failed', 'no answer', { retryable: true }));
    return createLeaseTurn({
      writer: {
        takeTurn: async () => {
          const claim = await answered(await lease.claim());
          return claim.held ? undefined : claim.holder;
        },
        done: () => lease.release(),
      },
      clusterNodes: () =>
        answered(
          ['node-0', 'node-1'].map((name) => ({
            name,
            ready: !down.includes(name),
            unschedulable: false,
            isControlPlane: true,
            roles: [],
            addresses: [],
            podCidrs: [],
          })),
        ),
      hasOthers: () => true,
      clock,
      logger: silentLogger,
    });
  };
  const two = (): readonly [LeaseTurn, LeaseTurn] => {
    const lease = createMemoryWriterLease();
    return [turnOf(lease.connect('node-0')), turnOf(lease.connect('node-1'))];
  };

  it('comes one by one, the next when all nodes were Ready for a minute', async () => {
    const [first, second] = two();
    expect(await first.awaits()).to.equal(undefined);
    first.begun();
    expect(await second.awaits()).to.equal('first comes node "node-0"');
    clock.advance(30_000);
    down = ['node-0'];
    expect(await first.settles()).to.equal('not Ready: node-0');
    expect(await second.awaits()).to.equal('not Ready: node-0');
    clock.advance(60_000);
    expect(await first.settles(), 'it keeps its turn').to.equal('not Ready: node-0');
    down = [];
    expect(await first.settles()).to.equal(undefined);
    expect(await second.awaits()).to.equal(undefined);
  });

  it('does not wait for nodes that were away before, nor for ever', async () => {
    down = ['node-1'];
    const [first] = two();
    expect(await first.awaits()).to.equal(undefined);
    first.begun();
    clock.advance(60_000);
    expect(await first.settles()).to.equal(undefined);
    expect(await first.awaits()).to.equal(undefined);
    first.begun();
    down = ['node-0', 'node-1'];
    clock.advance(600_000);
    expect(await first.settles(), 'ten minutes are enough').to.equal(undefined);
  });

  it('comes all the same where nothing answers, because the rejected configuration may be why', async () => {
    const [first] = two();
    isAnswering = false;
    expect(await first.awaits()).to.match(/^nobody can be asked/);
    clock.advance(60_000);
    expect(await first.awaits()).to.match(/^nobody can be asked/);
    clock.advance(240_000);
    expect(await first.awaits()).to.equal(undefined);
  });

  it('waits again for an answer at its next turn', async () => {
    const [first] = two();
    isAnswering = false;
    await first.awaits();
    clock.advance(240_000);
    expect(await first.awaits()).to.equal(undefined);
    first.begun();
    clock.advance(600_000);
    expect(await first.settles()).to.equal(undefined);
    expect(await first.awaits()).to.match(/^nobody can be asked/);
  });
});
