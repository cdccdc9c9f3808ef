/** The gates before a step: how each kind is read, and for how long a change has waited at them. */
import { isDeepStrictEqual } from 'node:util';
import { gateText, type Gate, type GateKind, type GateOf } from '../../../core/plan/gate.ts';
import type { JournalWaiting } from '../../../schemas/generated/journal.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Targets } from './targets.ts';

export type GateReading =
  | { readonly isOpen: true }
  /** Why not, as a clause: "3 addresses are in use". */
  | { readonly isOpen: false; readonly why: string };

export interface GateReader<K extends GateKind> {
  /** The usual time between two readings. */
  readonly everyMs: number;
  /** @throws AppError when nothing can be read now; that time does not count as waited */
  read(gate: GateOf<K>): Promise<GateReading>;
}

/** A kind of gate without a reader does not compile. */
export type GateReaders = { readonly [K in GateKind]: GateReader<K> };

export function createGateReaders({ calico }: Targets): GateReaders {
  return {
    'pool-free': {
      everyMs: 10_000,
      read: async ({ cidr }) => {
        const usage = (await calico.poolUsage([cidr]))?.find((one) => one.cidr === cidr);
        if (usage === undefined)
          return { isOpen: false, why: 'nobody can tell how many are in use' };
        if (usage.addresses === 0) return { isOpen: true };
        return { isOpen: false, why: `${String(usage.addresses)} are in use` };
      },
    },
  };
}

export type GatesReading =
  | { readonly state: 'open' }
  | {
      readonly state: 'closed';
      /** Each closed gate with the reason. */
      readonly why: string;
      readonly waitedMs: number;
      readonly readAgainMs: number;
    }
  | { readonly state: 'timed-out'; readonly why: string };

export interface Gates {
  /** @param before what the journal says of the change's wait so far */
  read(gates: readonly Gate[], before: JournalWaiting | undefined): Promise<GatesReading>;
}

interface ClosedGate {
  readonly gate: Gate;
  readonly why: string;
}

/**
 * Time counts as waited between two readings only, and never more than two usual pauses: a hold, a
 * restart or a datastore that is away must not let a change fail unobserved.
 */
export function createGates(readers: GateReaders, clock: Pick<Clock, 'elapsed' | 'random'>): Gates {
  let last: { readonly gates: readonly Gate[]; readonly atMs: number } | undefined;

  const waitedMsOf = (
    gates: readonly Gate[],
    before: JournalWaiting | undefined,
    mostMs: number,
  ): number => {
    const known = before !== undefined && isDeepStrictEqual(before.gates, gates);
    const isSameWait = last !== undefined && isDeepStrictEqual(last.gates, gates);
    const sinceMs = isSameWait && last !== undefined ? clock.elapsed() - last.atMs : 0;
    return (known ? before.waitedMs : 0) + Math.min(Math.round(sinceMs), mostMs);
  };
  return {
    read: async (gates, before) => {
      const read = await Promise.all(gates.map((gate) => readGate(readers, gate)));
      const closed = read.filter((one) => one !== undefined);
      if (closed.length === 0) {
        last = undefined;
        return { state: 'open' };
      }
      const everyMs = Math.min(...closed.map(({ gate }) => readers[gate.kind].everyMs));
      const waitedMs = waitedMsOf(gates, before, 2 * everyMs);
      const late = closed.filter(({ gate }) => waitedMs >= gate.withinSeconds * 1000);
      if (late.length > 0) {
        last = undefined;
        return { state: 'timed-out', why: late.map(lateText).join('; ') };
      }
      last = { gates, atMs: clock.elapsed() };
      const readAgainMs = Math.ceil(everyMs * (0.5 + clock.random()));
      return { state: 'closed', why: closed.map(closedText).join('; '), waitedMs, readAgainMs };
    },
  };
}

async function readGate<K extends GateKind>(
  readers: { readonly [P in K]: GateReader<P> },
  gate: GateOf<K>,
): Promise<ClosedGate | undefined> {
  const reader: GateReader<K> = readers[gate.kind];
  const reading = await reader.read(gate);
  return reading.isOpen ? undefined : { gate, why: reading.why };
}

function closedText({ gate, why }: ClosedGate): string {
  return `until ${gateText(gate)}, for at most ${String(gate.withinSeconds)} s: ${why}`;
}

function lateText({ gate, why }: ClosedGate): string {
  return `it was not true within ${String(gate.withinSeconds)} s that ${gateText(gate)}: ${why}`;
}
