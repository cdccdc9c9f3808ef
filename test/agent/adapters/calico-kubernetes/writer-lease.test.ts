/** The writer lease under a Lease: clocks that jump, holders that hang, processes that die. */
import { expect } from 'chai';
import {
  createWriterLease,
  type KubernetesWriterLease,
} from '../../../../agent/adapters/calico-kubernetes/writer-lease.ts';
import type { Fence } from '../../../../agent/ports/datastore/writer-lease.ts';
import { textAt, valueAt } from '../../../../core/input/plain-data.ts';
import { onEachApiServer, type ApiServer } from '../../../support/servers/api-server.ts';
import { eventually } from '../../../support/eventually.ts';
import { failure } from '../../../support/failure.ts';
import { revision } from './connected.ts';

interface Candidate {
  readonly lease: KubernetesWriterLease;
  /** The difference of its clocks from the real ones, in ms. */
  readonly clock: { monotonic: number; wall: number };
}

describe('the writer lease', () => {
  onEachApiServer((open) => {
    let server: ApiServer;
    const candidates: Candidate[] = [];
    beforeEach(async () => {
      server = await open();
      await server.empty([]);
    });
    afterEach(() => {
      for (const { lease } of candidates.splice(0)) lease.stop();
    });

    const candidate = (node: string, processMark = 'p1'): Candidate => {
      const clock = { monotonic: 0, wall: 0 };
      const lease = createWriterLease({
        client: server.client,
        namespace: 'kube-system',
        node: () => node,
        now: () => new Date(Date.now() + clock.wall).toISOString(),
        monotonic: () => performance.now() + clock.monotonic,
        processMark,
      });
      candidates.push({ lease, clock });
      return { lease, clock };
    };
    const claimed = async ({ lease }: Candidate): Promise<Fence> => {
      const claim = await lease.claim();
      if (claim.held) return claim.fence;
      throw new Error(`${claim.holder} has it`);
    };
    const leaseObject = (): Promise<unknown> => server.get('Lease', 'calico-agent');
    const holder = async (): Promise<string | undefined> =>
      textAt(await leaseObject(), 'spec', 'holderIdentity');
    const isLost = async (promise: Promise<unknown>): Promise<void> => {
      const error = await failure(promise);
      expect([error.code, error.retryable]).to.deep.equal(['writer-lease-lost', true]);
    };

    it('names the node and the process, and counts its transitions', async () => {
      const first = candidate('node-a');
      await claimed(first);
      expect(await holder()).to.equal('node-a_p1');
      await first.lease.release();
      expect(await holder()).to.equal(undefined);
      await claimed(candidate('node-b', 'p2'));
      expect(await holder()).to.equal('node-b_p2');
      expect(valueAt(await leaseObject(), 'spec', 'leaseTransitions')).to.equal(1);
    });

    it('is taken from a dead holder only after a whole lease duration of observation', async () => {
      await claimed(candidate('node-a'));
      const next = candidate('node-b');
      // The time in the lease is long ago by this clock, which means nothing.
      next.clock.wall = 3_600_000;
      expect(await next.lease.claim()).to.deep.equal({ held: false, holder: 'node-a' });
      next.clock.monotonic += 59_000;
      expect(await next.lease.claim()).to.deep.include({ held: false });
      next.clock.monotonic += 2000;
      expect(await next.lease.claim()).to.deep.include({ held: true });
    });

    it('stays with a holder that renews it, however slow its clock is', async () => {
      const first = candidate('node-a');
      const fence = await claimed(first);
      const next = candidate('node-b');
      await next.lease.claim();
      next.clock.monotonic += 50_000;
      await first.lease.confirm(fence);
      next.clock.monotonic += 50_000;
      expect(await next.lease.claim()).to.deep.include({ held: false });
    });

    it('belongs to one of two agents of the same node', async () => {
      await claimed(candidate('node-a', 'p1'));
      expect(await candidate('node-a', 'p2').lease.claim()).to.deep.equal({
        held: false,
        holder: 'node-a',
      });
    });

    it('belongs to an agent that took it in a request whose answer got lost', async () => {
      const first = candidate('node-a');
      await claimed(first);
      first.lease.stop();
      await first.lease.confirm(await claimed(first));
    });

    for (const [what, jump] of [
      ['slept', { wall: 45_000 }],
      ['was stopped', { monotonic: 45_000, wall: 45_000 }],
      ['has its clock set back', { wall: -3_600_000 }],
    ] as const) {
      it(`is claimed again before a write when the holder ${what}`, async () => {
        const first = candidate('node-a');
        const fence = await claimed(first);
        expect(await first.lease.allowance(fence)).to.be.within(40_000, 50_000);
        const before = textAt(await leaseObject(), 'metadata', 'resourceVersion');
        Object.assign(first.clock, jump);
        expect(await first.lease.allowance(fence)).to.be.within(40_000, 50_000);
        expect(textAt(await leaseObject(), 'metadata', 'resourceVersion')).not.to.equal(before);
      });
    }

    it('is lost, before anything is written, by a holder that hung while another took it', async () => {
      const first = candidate('node-a');
      const fence = await claimed(first);
      const next = candidate('node-b');
      await next.lease.claim();
      next.clock.monotonic += 61_000;
      await claimed(next);
      first.clock.monotonic += 61_000;
      await isLost(first.lease.allowance(fence));
      await isLost(first.lease.confirm(fence));
      await isLost(first.lease.record(revision, fence));
      expect(await holder()).to.equal('node-b_p1');
    });

    it('survives an unrelated change of the object', async () => {
      const first = candidate('node-a');
      const fence = await claimed(first);
      await server.patch('Lease', 'calico-agent', { metadata: { labels: { team: 'net' } } });
      await first.lease.confirm(fence);
    });

    it('ends a running change when the record changes', async () => {
      const first = candidate('node-a');
      const fence = await first.lease.record(revision, await claimed(first));
      await candidate('node-b').lease.setHold({ by: 'ana', why: 'night', since: 'x' });
      await isLost(first.lease.confirm(fence));
      const claim = await first.lease.claim();
      expect(claim.record?.hold).to.deep.include({ by: 'ana' });
      await isLost(first.lease.confirm(fence));
    });

    it('is read again after a step: another record or holder ends it, an unrelated change does not', async () => {
      const first = candidate('node-a');
      const fence = await first.lease.record(revision, await claimed(first));
      await server.patch('Lease', 'calico-agent', { metadata: { labels: { team: 'net' } } });
      const before = textAt(await leaseObject(), 'metadata', 'resourceVersion');
      await first.lease.recheck(fence);
      expect(textAt(await leaseObject(), 'metadata', 'resourceVersion')).to.equal(before);
      await candidate('node-b').lease.setHold({ by: 'ana', why: 'night', since: 'x' });
      await isLost(first.lease.recheck(fence));
      const again = await claimed(first);
      await first.lease.recheck(again);
      const spec = { holderIdentity: 'node-c_p1' };
      await server.patch('Lease', 'calico-agent', { spec });
      await isLost(first.lease.recheck(again));
      await isLost(first.lease.allowance(again));
    });

    it('is left alone when its record is not understood', async () => {
      await claimed(candidate('node-a'));
      const annotations = { 'calico-agent/share-record': '{"formatVersion":2}' };
      await server.patch('Lease', 'calico-agent', { metadata: { annotations } });
      for (const call of [
        (): Promise<unknown> => candidate('node-b').lease.read(),
        (): Promise<unknown> => candidate('node-b').lease.setHold(undefined),
      ])
        expect(await failure(call())).to.include({ code: 'newer-format', retryable: true });
    });

    it('goes to exactly one of many agents', async () => {
      const many = Array.from({ length: 8 }, (_, index) => candidate(`node-${String(index)}`));
      const claims = await Promise.all(many.map(({ lease }) => lease.claim()));
      expect(claims.filter(({ held }) => held)).to.have.length(1);
    });

    it('is renewed in the background as long as it is held', async () => {
      const { useFakeTimers } = await import('sinon');
      const timers = useFakeTimers({
        toFake: ['setTimeout', 'clearTimeout'],
        shouldClearNativeTimers: true,
      });
      try {
        const first = candidate('node-a');
        await claimed(first);
        const version = async (): Promise<string | undefined> =>
          textAt(await leaseObject(), 'metadata', 'resourceVersion');
        const before = await version();
        timers.tick(20_000);
        timers.restore();
        await eventually(async () => expect(await version()).not.to.equal(before));
      } finally {
        timers.restore();
      }
    });
  });
});
