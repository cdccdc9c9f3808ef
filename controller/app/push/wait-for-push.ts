import type { RevisionRef } from '../../../core/revision/revision.ts';
import { sameRef } from '../../../core/protocol/messages.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { NodeRecord } from '../nodes/node-record.ts';
import { awaitsPerson, isSettled, viewPush } from '../nodes/node-view.ts';

export type PushEnd =
  /** Every awaited and every connected node has confirmed it, waits for a person, or has failed. */
  | 'all'
  /** No node is connected. */
  | 'nobody'
  | 'time-over'
  /** A newer revision came. */
  | 'superseded';

/** The time between two looks, for so many awaited nodes: a look at 10,000 takes some ms. */
function pauseMs(nodes: number): number {
  return Math.max(10, nodes / 100);
}

export interface Awaited {
  readonly ref: RevisionRef;
  /** The nodes that were connected when the push began; one that disconnects has not confirmed. */
  readonly nodes: ReadonlySet<string>;
  readonly waitMs: number;
}

export function connectedNames(fleet: Fleet): ReadonlySet<string> {
  const connected = fleet.records().filter(({ connection }) => connection !== undefined);
  return new Set(connected.map(({ name }) => name));
}

/** Resolves when no node is expected to make more progress. @throws where the signal is aborted */
export function waitForPush(
  fleet: Fleet,
  { ref, nodes, waitMs }: Awaited,
  signal: AbortSignal,
): Promise<PushEnd> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(goneAway());
    let looking: NodeJS.Timeout | undefined;
    const look = (): void => {
      looking = undefined;
      const ended = stateOf(fleet, ref, nodes);
      if (ended !== undefined) end(() => resolve(ended));
    };
    // Waits a moment between looks at all nodes, because a fleet of thousands may report within a
    // second.
    const unwatch = fleet.watch(() => {
      looking ??= setTimeout(look, pauseMs(nodes.size));
    });
    const timer = setTimeout(() => end(() => resolve('time-over')), waitMs);
    const abort = (): void => end(() => reject(goneAway()));
    const end = (finish: () => void): void => {
      unwatch();
      clearTimeout(timer);
      clearTimeout(looking);
      signal.removeEventListener('abort', abort);
      finish();
    };
    signal.addEventListener('abort', abort);
    look();
  });
}

function goneAway(): Error {
  return new AppError('timeout', 'the client went away');
}

function stateOf(
  fleet: Fleet,
  ref: RevisionRef,
  awaited: ReadonlySet<string>,
): PushEnd | undefined {
  const newest = fleet.revision();
  if (newest === undefined || !sameRef(newest, ref)) return 'superseded';
  const concerned = fleet
    .records()
    .filter(({ name, connection }) => connection !== undefined || awaited.has(name));
  if (concerned.length === 0) return 'nobody';
  const isDone = (record: NodeRecord): boolean => {
    const view = viewPush(record, newest);
    return isSettled(view) || (view.state === 'applied' && awaitsPerson(record, ref));
  };
  return concerned.every(isDone) ? 'all' : undefined;
}
