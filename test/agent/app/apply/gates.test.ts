import { expect } from 'chai';
import {
  createGateReaders,
  createGates,
  type GateReading,
  type Gates,
} from '../../../../agent/app/apply/gates.ts';
import type { Gate } from '../../../../core/plan/gate.ts';
import type { JournalWaiting } from '../../../../schemas/generated/journal.ts';
import { createManualClock, type ManualClock } from '../../../support/twins/manual-clock.ts';
import { createMemoryDatastore } from '../../../support/twins/memory-datastore.ts';

const gate: Gate = { kind: 'pool-free', cidr: '10.9.0.0/16', withinSeconds: 60 };
const other: Gate = { ...gate, cidr: '10.8.0.0/16', withinSeconds: 30 };
const everyMs = 10_000;

describe('the gates of a step', () => {
  let clock: ManualClock;
  let closed: ReadonlySet<string>;
  let gates: Gates;

  const start = (): Gates =>
    createGates(
      {
        'pool-free': {
          everyMs,
          read: ({ cidr }): Promise<GateReading> =>
            Promise.resolve(
              closed.has(cidr) ? { isOpen: false, why: `${cidr} is not` } : { isOpen: true },
            ),
        },
      },
      clock,
    );
  const noted = (waitedMs: number, of: readonly Gate[] = [gate]): JournalWaiting => ({
    step: 1,
    gates: of.map((one) => ({ ...one })),
    waitedMs,
  });

  beforeEach(() => {
    clock = createManualClock();
    closed = new Set([gate.cidr]);
    gates = start();
  });

  it('are open when each of them is, and closed with the reason when one is not', async () => {
    expect(await gates.read([gate, other], undefined)).to.deep.equal({
      state: 'closed',
      why: 'until no address of 10.9.0.0/16 is in use, for at most 60 s: 10.9.0.0/16 is not',
      waitedMs: 0,
      readAgainMs: everyMs,
    });
    closed = new Set();
    expect(await gates.read([gate, other], undefined)).to.deep.equal({ state: 'open' });
  });

  it('tell all that is closed, and time out with the one that may wait the least', async () => {
    closed = new Set([gate.cidr, other.cidr]);
    const first = await gates.read([gate, other], undefined);
    expect(first)
      .to.have.property('why')
      .that.matches(/10\.9\.0\.0.*; until .*10\.8\.0\.0/);
    const late = await gates.read([gate, other], noted(30_000, [gate, other]));
    expect(late).to.deep.equal({
      state: 'timed-out',
      why: 'it was not true within 30 s that no address of 10.8.0.0/16 is in use: 10.8.0.0/16 is not',
    });
  });

  it('count the time between two readings, and go on counting after a restart', async () => {
    await gates.read([gate], undefined);
    clock.advance(everyMs);
    expect(await gates.read([gate], noted(0))).to.include({ waitedMs: everyMs });
    gates = start();
    clock.advance(3_600_000);
    expect(await gates.read([gate], noted(everyMs))).to.include({ waitedMs: everyMs });
    clock.advance(everyMs);
    expect(await gates.read([gate], noted(everyMs))).to.include({ waitedMs: 2 * everyMs });
  });

  it('count no long pause, in which nobody read them', async () => {
    await gates.read([gate], undefined);
    clock.advance(3_600_000);
    expect(await gates.read([gate], noted(0))).to.include({ waitedMs: 2 * everyMs });
  });

  it('count anew for other gates, and once they were open', async () => {
    await gates.read([gate], undefined);
    clock.advance(everyMs);
    closed = new Set([other.cidr]);
    expect(await gates.read([other], noted(50_000))).to.include({ waitedMs: 0 });
    closed = new Set();
    await gates.read([other], undefined);
    closed = new Set([other.cidr]);
    clock.advance(everyMs);
    expect(await gates.read([other], undefined)).to.include({ waitedMs: 0 });
  });
});

describe('the gate of a pool', () => {
  it('is open with no address in use, and closed where nobody can tell', async () => {
    const calico = createMemoryDatastore();
    const { read } = createGateReaders({ calico })['pool-free'];
    const { cidr } = gate;
    const usages = [[{ cidr, addresses: 0 }], [{ cidr, addresses: 3 }], undefined];
    const readings: GateReading[] = [];
    for (const usage of usages) {
      calico.meddle.usage = () => usage;
      readings.push(await read(gate));
    }
    expect(readings).to.deep.equal([
      { isOpen: true },
      { isOpen: false, why: '3 are in use' },
      { isOpen: false, why: 'nobody can tell how many are in use' },
    ]);
  });
});
