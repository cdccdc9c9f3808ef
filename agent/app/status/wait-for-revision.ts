import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { AgentSignal, Signals } from './signals.ts';
import type { Proven } from '../state/found-in-force.ts';
import type { AgentState } from '../state/agent-state.ts';

/** The ways in which a revision ends. */
export type RevisionEnd =
  | { readonly result: 'confirmed' }
  | { readonly result: 'failed'; readonly message: string }
  /** Another revision was accepted in between. */
  | { readonly result: 'superseded' };

/** Waits until a revision is confirmed, has failed, or is replaced by another one. */
export function waitForRevision(
  revision: RevisionRef,
  state: () => AgentState,
  proven: Proven,
  events: Signals,
  signal: AbortSignal,
): Promise<RevisionEnd> {
  return new Promise((resolve, reject) => {
    const known = endIn(revision, state(), proven);
    if (known !== undefined) return resolve(known);
    const stop = (): void => {
      unsubscribe();
      signal.removeEventListener('abort', giveUp);
    };
    const giveUp = (): void => {
      stop();
      reject(signal.reason);
    };
    const unsubscribe = events.subscribe((event) => {
      const end = endBy(revision, event);
      if (end === undefined) return;
      stop();
      resolve(end);
    });
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
}

function endIn(revision: RevisionRef, state: AgentState, proven: Proven): RevisionEnd | undefined {
  const { accepted, confirmed, rejected } = state;
  const rejection = rejected.find((one) => sameRevision(one, revision));
  if (rejection !== undefined) return { result: 'failed', message: rejection.reason };
  if (accepted === undefined || !sameRevision(accepted, revision)) return { result: 'superseded' };
  const isConfirmed = confirmed !== undefined && sameRevision(confirmed, revision);
  if (isConfirmed && proven.is(revision)) return { result: 'confirmed' };
  return undefined;
}

function endBy(revision: RevisionRef, event: AgentSignal): RevisionEnd | undefined {
  if (event.type === 'status' || event.type === 'text-lost') return undefined;
  const same = sameRevision(event.revision, revision);
  if (event.type === 'failed') {
    // Waits on after a failure that may pass, as long as there is time.
    const isLast = same && !(event.retrying && event.mayPass);
    return isLast ? { result: 'failed', message: event.message } : undefined;
  }
  if (same) return event.stage === 'confirmed' ? { result: 'confirmed' } : undefined;
  return event.stage === 'accepted' ? { result: 'superseded' } : undefined;
}
