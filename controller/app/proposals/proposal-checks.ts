/**
 * Checks of proposals for people who look at them. A check of thousands of nodes takes seconds of
 * processor time, so all readers of a proposal get the same one, and checks together take no more
 * than a part of the time.
 */
import type { Issue } from '../../../core/issue.ts';

export interface Found {
  readonly issues: readonly Issue[];
  /** Why all nodes have to be prepared before the cluster-wide resources change. Absent: they need not. */
  readonly barrier?: string;
}

export interface CheckedProposal extends Found {
  /** RFC 3339: when the check ended. */
  readonly checkedAt: string;
}

export interface ProposalChecks {
  /** The newest check, or a new one if there is time for it; undefined: there is none yet. */
  look(id: number, check: () => Promise<Found>): Promise<CheckedProposal | undefined>;
  /** Keeps what its author found out. */
  keep(id: number, found: Found): void;
  forget(id: number): void;
}

export interface CheckClock {
  /** RFC 3339. */
  readonly now: () => string;
  /** Milliseconds of a clock that never jumps. */
  readonly elapsedMs: () => number;
}

interface Running {
  readonly id: number;
  readonly done: Promise<void>;
  /** Its proposal was closed meanwhile, so that nobody would forget what it finds. */
  readonly isForgotten: boolean;
}

/** A check is shown again for this time. */
const freshMs = 30_000;
/** After a check there is none for so many times its duration. */
const restFactor = 4;

export function createProposalChecks({ now, elapsedMs }: CheckClock): ProposalChecks {
  const known = new Map<number, CheckedProposal & { readonly atMs: number }>();
  let running: Running | undefined;
  let restUntilMs = -Infinity;
  const keep = (id: number, found: Found): void => {
    known.set(id, { ...found, checkedAt: now(), atMs: elapsedMs() });
  };
  const run = async (id: number, check: () => Promise<Found>): Promise<void> => {
    const begunMs = elapsedMs();
    try {
      const found = await check();
      if (running?.isForgotten !== true) keep(id, found);
    } finally {
      running = undefined;
      restUntilMs = elapsedMs() + restFactor * (elapsedMs() - begunMs);
    }
  };
  return {
    keep,
    forget: (id) => {
      known.delete(id);
      if (running?.id === id) running = { ...running, isForgotten: true };
    },
    look: async (id, check) => {
      const last = known.get(id);
      const isFresh = last !== undefined && elapsedMs() - last.atMs < freshMs;
      const mayRun = running === undefined && elapsedMs() >= restUntilMs;
      if (!isFresh && mayRun) {
        const done = Promise.resolve().then(() => run(id, check));
        running = { id, done, isForgotten: false };
      }
      if (!isFresh && running?.id === id) await running.done;
      const found = known.get(id);
      if (found === undefined) return undefined;
      const { atMs: _atMs, ...shown } = found;
      return shown;
    },
  };
}
