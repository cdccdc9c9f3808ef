import type { RevisionRef } from '../../core/revision/revision.ts';
import { sameRef } from '../../core/protocol/messages.ts';
import type { Fleet } from './fleet.ts';
import { isSettled, viewPush } from './node-view.ts';

export type PushSettled =
  /** Every connected node has confirmed it, or has said why not. */
  | 'all'
  | 'time-over'
  /** A newer revision came. */
  | 'superseded';

const lookMs = 10;

/** Resolves when the revision has come as far as it gets for now. @throws where the signal is aborted */
export function settlePush(
  fleet: Fleet,
  ref: RevisionRef,
  waitMs: number,
  signal: AbortSignal,
): Promise<PushSettled> {
  return new Promise((resolve, reject) => {
    let looking: NodeJS.Timeout | undefined;
    const look = (): void => {
      looking = undefined;
      const settled = stateOf(fleet, ref);
      if (settled !== undefined) end(() => resolve(settled));
    };
    // A look goes over all nodes, and a fleet of thousands answers within a second.
    const unwatch = fleet.watch(() => {
      looking ??= setTimeout(look, lookMs);
    });
    const timer = setTimeout(() => end(() => resolve('time-over')), waitMs);
    const abort = (): void => end(() => reject(new Error('the client went away')));
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

function stateOf(fleet: Fleet, ref: RevisionRef): PushSettled | undefined {
  const newest = fleet.revision();
  if (newest === undefined || !sameRef(newest, ref)) return 'superseded';
  const open = fleet
    .records()
    .some((record) => record.connection !== undefined && !isSettled(viewPush(record, ref)));
  return open ? undefined : 'all';
}
