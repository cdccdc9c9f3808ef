/** The gates before a step: whether they are open, and for how long the change has waited. */
import { isDeepStrictEqual } from 'node:util';
import {
  gateText,
  stableSecondsOf,
  waitText,
  type Gate,
  type GateKind,
  type GateOf,
} from '../../../core/plan/gate.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { JournalWaiting } from '../../../schemas/generated/journal.ts';
import type { Clock } from '../../ports/clock.ts';
import { createHowLong } from './how-long.ts';

/** The change and the wait for which a gate is read. */
export interface GateQuestion {
  readonly revision: RevisionRef;
  /**
   * The revision was in force already: only this node changes something, and no other node works on
   * it.
   */
  readonly isOwnOnly: boolean;
  /**
   * The agent rolls back to this revision, which was confirmed before, and has no other one to go
   * to. The sessions may be down because of a resource that the rollback removes.
   */
  readonly isRollingBack: boolean;
  /**
   * Another agent writes for all nodes, so this one reads less often: there may be thousands of
   * them.
   */
  readonly isFollowing: boolean;
  /** For how long the change has waited at these gates. */
  readonly waitedMs: number;
}

export type GateReading =
  | {
      readonly isOpen: true;
      /** There is nothing to observe, now or later, so the gate needs no stable time. */
      readonly isFinal?: true;
      /** A clause: a fault or a gap in the readings that does not hold the change up. */
      readonly passedOver?: string;
    }
  | {
      readonly isOpen: false;
      /** Why the gate is closed, as a clause: "3 addresses are in use". */
      readonly why: string;
      /** Why it will not open by waiting, as such a clause; absent: it may. */
      readonly broken?: string;
    };

export interface GateReader<K extends GateKind> {
  /** The usual time between two readings. */
  readonly everyMs: number;
  /** @throws AppError when nothing can be read now; that time does not count as waiting */
  read(gate: GateOf<K>, question: GateQuestion): Promise<GateReading>;
}

/** A kind of gate without a reader does not compile. */
export type GateReaders = { readonly [K in GateKind]: GateReader<K> };

export type GatesReading =
  | {
      readonly state: 'open';
      /** The faults for which the change does not wait; absent: there are none. */
      readonly passedOver?: string;
    }
  | {
      readonly state: 'closed';
      /** Each closed gate with the reason. */
      readonly why: string;
      readonly closed: readonly ClosedGate[];
      readonly waitedMs: number;
      readonly readAgainMs: number;
    }
  | { readonly state: 'timed-out'; readonly why: string }
  /** Waiting does not help. */
  | { readonly state: 'broken'; readonly why: string };

export interface Gates {
  /** @param before the change's wait so far, from the journal */
  read(
    gates: readonly Gate[],
    before: JournalWaiting | undefined,
    change: Omit<GateQuestion, 'waitedMs'>,
  ): Promise<GatesReading>;
  /** The agent wrote something: the stable time of each condition begins anew. */
  writtenSince(): void;
}

const rollbackMs = 30_000;

function limitMs(gate: Gate, { isRollingBack }: Pick<GateQuestion, 'isRollingBack'>): number {
  const ms = gate.withinSeconds * 1000;
  return isRollingBack && isOfTraffic(gate) ? Math.min(ms, rollbackMs) : ms;
}

/** Nodes that restart one after the other take their time on the way back, too. */
const takesItsTime: ReadonlySet<GateKind> = new Set([
  'pool-free',
  'fleet-files',
  'fleet-restarted',
  'restart-turn',
  'rollout',
  'outside',
]);

function isOfTraffic({ kind }: Gate): boolean {
  return !takesItsTime.has(kind);
}

/** For so long a gate must be broken without a break: the other side may change in the same moment. */
const brokenMs = 10_000;
const followingMs = 10_000;
export interface ClosedGate {
  readonly gate: Gate;
  readonly why: string;
  /** Why it will not open, and that has been so for long enough. */
  readonly broken?: string;
  /** The condition is true, and not yet for long enough. */
  readonly isSettling: boolean;
}

interface OpenGate {
  readonly gate: Gate;
  readonly passedOver?: string;
}

/**
 * Only time between two readings counts as waiting, and never more than two usual pauses: a hold, a
 * restart or an unreachable datastore must not let a change fail unobserved. If a condition was
 * true in two readings with a longer pause between them, it counts as true from the second one on.
 */
export function createGates(readers: GateReaders, clock: Pick<Clock, 'elapsed' | 'random'>): Gates {
  let last: { readonly gates: readonly Gate[]; readonly atMs: number } | undefined;
  const truths = createHowLong(clock);
  const faults = createHowLong(clock);

  const waitedMsOf = (
    gates: readonly Gate[],
    before: JournalWaiting | undefined,
    mostMs: number,
  ): number => {
    const known = before !== undefined && isSameWait(before.gates, gates);
    const isGoingOn = last !== undefined && isSameWait(last.gates, gates);
    const sinceMs = isGoingOn && last !== undefined ? clock.elapsed() - last.atMs : 0;
    return (known ? before.waitedMs : 0) + Math.min(Math.round(sinceMs), mostMs);
  };
  const judge = (gate: Gate, reading: GateReading, everyMs: number): ClosedGate | OpenGate => {
    const key = JSON.stringify(gate);
    if (reading.isOpen || reading.broken === undefined) faults.isFalse(key);
    if (!reading.isOpen) {
      truths.isFalse(key);
      const { why, broken } = reading;
      const isForGood = broken !== undefined && faults.isTrue(key, everyMs) >= brokenMs;
      return { gate, why, isSettling: false, ...(isForGood && { broken }) };
    }
    const { passedOver, isFinal } = reading;
    const seconds = stableSecondsOf(gate);
    if (isFinal !== true && truths.isTrue(key, everyMs) < seconds * 1000) {
      return { gate, why: settlingText(seconds, passedOver), isSettling: true };
    }
    return { gate, ...(passedOver !== undefined && { passedOver }) };
  };
  return {
    writtenSince: () => {
      truths.forgetAll();
      faults.forgetAll();
      last = undefined;
    },
    read: async (gates, before, change) => {
      const leastMs = change.isFollowing ? followingMs : 0;
      const everyMs = Math.max(
        leastMs,
        Math.min(...gates.map(({ kind }) => readers[kind].everyMs)),
      );
      const waitedMs = waitedMsOf(gates, before, 2 * everyMs);
      const question = { ...change, waitedMs };
      const readings = await Promise.all(gates.map((gate) => readGate(readers, gate, question)));
      const judged = gates.flatMap((gate, at) => {
        const reading = readings[at];
        return reading === undefined ? [] : [judge(gate, reading, everyMs)];
      });
      const closed = judged.filter((one) => 'why' in one);
      if (closed.length === 0) {
        last = undefined;
        return openWith(judged);
      }
      const late = closed.filter(
        ({ gate, isSettling }) => !isSettling && waitedMs >= limitMs(gate, change),
      );
      if (late.length > 0) {
        // The step reads its gates once more under the writer lease, and must find the stable time
        // over then, too.
        if (change.isRollingBack && closed.every(({ gate }) => isOfTraffic(gate))) {
          return { state: 'open', passedOver: late.map(lateText).join('; ') };
        }
        last = undefined;
        return { state: 'timed-out', why: late.map(lateText).join('; ') };
      }
      const broken = closed.flatMap((one) => one.broken ?? []);
      if (broken.length > 0 && !change.isRollingBack) {
        last = undefined;
        return { state: 'broken', why: `waiting does not help: ${broken.join('; ')}` };
      }
      last = { gates, atMs: clock.elapsed() };
      const readAgainMs = Math.ceil(everyMs * (0.5 + clock.random()));
      const why = closed.map(closedText).join('; ');
      return { state: 'closed', why, closed, waitedMs, readAgainMs };
    },
  };
}

/** A step that is planned anew during its wait may have more gates then, or fewer. */
function isSameWait(before: readonly unknown[], gates: readonly Gate[]): boolean {
  return gates.some((gate) => before.some((one) => isDeepStrictEqual(one, gate)));
}

function openWith(judged: readonly (OpenGate | ClosedGate)[]): GatesReading {
  const passedOver = judged.flatMap((one) => ('passedOver' in one ? (one.passedOver ?? []) : []));
  return passedOver.length === 0
    ? { state: 'open' }
    : { state: 'open', passedOver: [...new Set(passedOver)].join('; ') };
}

async function readGate<K extends GateKind>(
  readers: { readonly [P in K]: GateReader<P> },
  gate: GateOf<K>,
  question: GateQuestion,
): Promise<GateReading> {
  const reader: GateReader<K> = readers[gate.kind];
  return reader.read(gate, question);
}

/** The text counts no seconds, because each other text is a new status for all that follow it. */
function settlingText(seconds: number, passedOver: string | undefined): string {
  const notYet = `but not for ${String(seconds)} s yet`;
  return passedOver === undefined
    ? `true, ${notYet}`
    : `nothing speaks against it, ${notYet}: ${passedOver}`;
}

function closedText({ gate, why }: ClosedGate): string {
  return `${waitText(gate)}: ${why}`;
}

function lateText({ gate, why }: ClosedGate): string {
  return `it was not true within ${String(gate.withinSeconds)} s that ${gateText(gate)}: ${why}`;
}
