import { expect } from 'chai';
import {
  createGates,
  type GateReaders,
  type GateReading,
  type Gates,
} from '../../../../agent/app/apply/gates.ts';
import type { Gate } from '../../../../core/plan/gate.ts';
import type { JournalWaiting } from '../../../../schemas/generated/journal.ts';
import { createManualClock, type ManualClock } from '../../../support/clocks/manual-clock.ts';

const gate: Gate = { kind: 'pool-free', cidr: '10.9.0.0/16', withinSeconds: 60 };
const other: Gate = { ...gate, cidr: '10.8.0.0/16', withinSeconds: 30 };
const everyMs = 10_000;
const settling: Gate = { kind: 'node-sessions', stableSeconds: 15, withinSeconds: 60 };
const change = {
  revision: { lineage: 'local:node-0', number: 2, digest: `sha256:${'2'.repeat(64)}` },
  isOwnOnly: false,
  isRollingBack: false,
  isFollowing: false,
};

describe('the gates of a step', () => {
  let clock: ManualClock;
  let closed: ReadonlySet<string>;
  let gates: Gates;
  let sessions: GateReading;

  const never = { everyMs, read: () => Promise.reject(new Error('nobody asks for it')) };
  const readers = (): GateReaders => ({
    'pool-free': {
      everyMs,
      read: ({ cidr }): Promise<GateReading> =>
        Promise.resolve(
          closed.has(cidr) ? { isOpen: false, why: `${cidr} is not` } : { isOpen: true },
        ),
    },
    'node-sessions': { everyMs, read: () => Promise.resolve(sessions) },
    'fleet-sessions': never,
    'fleet-guarding': never,
    'fleet-written': never,
    'fleet-routes': never,
    'fleet-files': never,
    'fleet-restarted': never,
    'restart-turn': never,
    outside: never,
    rollout: never,
  });
  const start = (): Gates => createGates(readers(), clock);
  const noted = (waitedMs: number, of: readonly Gate[] = [gate]): JournalWaiting => ({
    step: 1,
    gates: of.map((one) => ({ ...one })),
    waitedMs,
  });

  beforeEach(() => {
    clock = createManualClock();
    closed = new Set([gate.cidr]);
    sessions = { isOpen: true };
    gates = start();
  });

  it('are open when each of them is, and closed with the reason when one is not', async () => {
    expect(await gates.read([gate, other], undefined, change)).to.deep.equal({
      state: 'closed',
      why: 'waits until no address of 10.9.0.0/16 is in use; at most 60 s: 10.9.0.0/16 is not',
      closed: [{ gate, why: '10.9.0.0/16 is not', isSettling: false }],
      waitedMs: 0,
      readAgainMs: everyMs,
    });
    closed = new Set();
    expect(await gates.read([gate, other], undefined, change)).to.deep.equal({ state: 'open' });
  });

  it('name all closed conditions, and time out with the shortest limit', async () => {
    closed = new Set([gate.cidr, other.cidr]);
    const first = await gates.read([gate, other], undefined, change);
    expect(first)
      .to.have.property('why')
      .that.matches(/10\.9\.0\.0.*; waits until .*10\.8\.0\.0/);
    const late = await gates.read([gate, other], noted(30_000, [gate, other]), change);
    expect(late).to.deep.equal({
      state: 'timed-out',
      why: 'it was not true within 30 s that no address of 10.8.0.0/16 is in use: 10.8.0.0/16 is not',
    });
  });

  it('count the time between two readings, and go on counting after a restart', async () => {
    await gates.read([gate], undefined, change);
    clock.advance(everyMs);
    expect(await gates.read([gate], noted(0), change)).to.include({ waitedMs: everyMs });
    gates = start();
    clock.advance(3_600_000);
    expect(await gates.read([gate], noted(everyMs), change)).to.include({ waitedMs: everyMs });
    clock.advance(everyMs);
    expect(await gates.read([gate], noted(everyMs), change)).to.include({ waitedMs: 2 * everyMs });
  });

  it('do not count a long pause without a reading', async () => {
    await gates.read([gate], undefined, change);
    clock.advance(3_600_000);
    expect(await gates.read([gate], noted(0), change)).to.include({ waitedMs: 2 * everyMs });
  });

  it('count anew for other conditions, and after they were open', async () => {
    await gates.read([gate], undefined, change);
    clock.advance(everyMs);
    closed = new Set([other.cidr]);
    expect(await gates.read([other], noted(50_000), change)).to.include({ waitedMs: 0 });
    closed = new Set();
    await gates.read([other], undefined, change);
    closed = new Set([other.cidr]);
    clock.advance(everyMs);
    expect(await gates.read([other], undefined, change)).to.include({ waitedMs: 0 });
  });

  describe('with a condition that has to hold for some time', () => {
    const read = (waitedMs = 0): Promise<{ readonly state: string }> =>
      gates.read([settling], noted(waitedMs, [settling]), change);

    it('open when it held for that long, and stay open', async () => {
      const why =
        'waits until all sessions are Established on this node, for 15 s; at most 60 s: true, but not for 15 s yet';
      expect(await read()).to.include({ state: 'closed', why });
      clock.advance(everyMs);
      expect(await read(everyMs)).to.include({ state: 'closed', why });
      clock.advance(everyMs);
      expect(await read(2 * everyMs)).to.deep.equal({ state: 'open' });
    });

    it('do not call a condition true that was not observed', async () => {
      const passedOver = 'nobody could observe the sessions of node-0';
      sessions = { isOpen: true, passedOver };
      expect(await read())
        .to.have.property('why')
        .that.matches(/: nothing speaks against it, but not for 15 s yet: nobody could observe/);
      clock.advance(2 * everyMs);
      expect(await read(2 * everyMs)).to.deep.equal({ state: 'open', passedOver });
    });

    it('are open in a second reading right after, and closed after a write', async () => {
      for (const _pause of [0, 1, 2]) {
        await read();
        clock.advance(everyMs);
      }
      expect(await read()).to.include({ state: 'open' });
      expect(await read()).to.include({ state: 'open' });
      gates.writtenSince();
      expect(await read()).to.include({ state: 'closed' });
    });

    it('begin anew when it did not hold in between', async () => {
      await read();
      clock.advance(everyMs);
      sessions = { isOpen: false, why: 'node-0: 10.0.0.1: connection refused' };
      await read();
      sessions = { isOpen: true };
      clock.advance(everyMs);
      expect(await read()).to.include({ state: 'closed' });
      clock.advance(everyMs);
      expect(await read()).to.include({ state: 'closed' });
      clock.advance(everyMs);
      expect(await read()).to.include({ state: 'open' });
    });

    it('begin anew after a long pause without a reading', async () => {
      await read();
      clock.advance(3_600_000);
      expect(await read()).to.include({ state: 'closed' });
    });

    it('do not time out while it holds', async () => {
      expect(await read(60_000)).to.include({ state: 'closed' });
      sessions = { isOpen: false, why: 'node-0: 10.0.0.1: connection refused' };
      expect(await read(60_000)).to.include({ state: 'timed-out' });
    });

    it('end the wait, and not the change, in a rollback', async () => {
      const back = { ...change, isRollingBack: true };
      sessions = { isOpen: false, why: 'node-0: 10.0.0.1: connection refused' };
      const early = await gates.read([settling], noted(20_000, [settling]), back);
      expect(early).to.include({ state: 'closed' });
      const late = await gates.read([settling], noted(30_000, [settling]), back);
      expect(late).to.include({ state: 'open' });
      const pool = await gates.read([gate], noted(60_000), back);
      expect(pool).to.include({ state: 'timed-out' });
    });

    it('stay open in a second reading right after, in a rollback', async () => {
      const back = { ...change, isRollingBack: true };
      sessions = { isOpen: false, why: 'nothing is known of the other nodes yet' };
      await gates.read([settling], noted(28_000, [settling]), back);
      clock.advance(3000);
      const known = noted(28_000, [settling]);
      expect(await gates.read([settling], known, back)).to.include({ state: 'open' });
      expect(await gates.read([settling], known, back)).to.include({ state: 'open' });
    });

    it('open at once when there is nothing to observe, and say so', async () => {
      sessions = { isOpen: true, isFinal: true, passedOver: 'no BIRD is on node-0' };
      expect(await read()).to.deep.equal({ state: 'open', passedOver: 'no BIRD is on node-0' });
    });
  });

  describe('with a condition that waiting does not meet', () => {
    const broken: GateReading = { isOpen: false, why: 'a and b', broken: 'a: Bad peer AS' };
    const read = (isRollingBack = false): ReturnType<Gates['read']> =>
      gates.read([settling], undefined, { ...change, isRollingBack });

    it('end the wait after 10 s without a break, and say why', async () => {
      const states: string[] = [];
      for (const reading of [broken, broken, { isOpen: true } as const, broken]) {
        sessions = reading;
        states.push((await read()).state);
        clock.advance(9000);
      }
      expect(states).to.deep.equal(['closed', 'closed', 'closed', 'closed']);
      clock.advance(1000);
      expect(await read()).to.deep.equal({
        state: 'broken',
        why: 'waiting does not help: a: Bad peer AS',
      });
    });

    it('begin anew after a write', async () => {
      sessions = broken;
      await read();
      clock.advance(10_000);
      gates.writtenSince();
      expect((await read()).state).to.equal('closed');
    });

    it('go on waiting in a rollback: the failed revision may be the fault', async () => {
      sessions = broken;
      await read(true);
      clock.advance(10_000);
      expect((await read(true)).state).to.equal('closed');
    });
  });

  it('are read less often when another agent goes first', async () => {
    const following = { ...change, isFollowing: true };
    closed = new Set();
    sessions = { isOpen: false, why: 'node-0: 10.0.0.1: connection refused' };
    const fast = createGates(
      { ...readers(), 'node-sessions': { everyMs: 1000, read: () => Promise.resolve(sessions) } },
      clock,
    );
    expect(await fast.read([settling], undefined, change)).to.include({ readAgainMs: 1000 });
    expect(await fast.read([settling], undefined, following)).to.include({ readAgainMs: 10_000 });
  });

  it('go on waiting when the step gets another gate meanwhile', async () => {
    expect(await gates.read([gate, settling], noted(50_000), change)).to.include({
      waitedMs: 50_000,
    });
  });
});
