/**
 * Whether routes still go by AS numbers that a change took away: the sessions of such a route are
 * Established as expected. It is asked after such a change alone, and for a few minutes, because BIRD has
 * to list all its routes for that.
 */
import { removedAsNumbers } from '../../../core/config/as-numbers.ts';
import type { BgpRoute } from '../../../core/sessions/paths/bgp-route.ts';
import { oddRoutes, type OddRoutes } from '../../../core/sessions/paths/odd-routes.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { Derived } from '../../../core/deciding/question.ts';
import type { Read } from '../../../core/sessions/session.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AgentState } from '../state/agent-state.ts';

export interface PathWatch {
  /** The result of the last reading. undefined: all is as expected, or it is not known. */
  odd(): OddRoutes | undefined;
  /** Reads BIRD's routes where that tells something. Never rejects. */
  refresh(signal: AbortSignal): Promise<void>;
}

export interface PathWatchDeps {
  /** Reads the routes of all BIRDs of this node. */
  readonly routes: (signal: AbortSignal) => Promise<readonly Read<readonly BgpRoute[]>[]>;
  readonly state: () => Pick<AgentState, 'accepted' | 'inForce' | 'confirming' | 'previous'>;
  readonly derivedOf: (revision: RevisionRef) => Promise<Derived>;
  readonly clock: Pick<Clock, 'elapsed'>;
  /** Called with the reason where a configuration cannot be read any more. */
  readonly failed: (error: unknown) => void;
}

/** Nodes that come back later have their agents to change them. */
const watchedMs = 300_000;

interface Change {
  readonly from: RevisionRef;
  readonly to: RevisionRef;
}

export function createPathWatch(deps: PathWatchDeps): PathWatch {
  let watched: (Change & { readonly sinceMs: number }) | undefined;
  let removed: ReadonlySet<number> = new Set();
  let odd: OddRoutes | undefined;

  /** Finds out once for each change which AS numbers went away. */
  const follow = async (change: Change): Promise<void> => {
    if (watched !== undefined && isSame(watched, change)) return;
    watched = { ...change, sinceMs: deps.clock.elapsed() };
    [removed, odd] = [new Set(), undefined];
    try {
      const [before, after] = await Promise.all([change.from, change.to].map(deps.derivedOf));
      if (before?.asNumbers !== undefined && after?.asNumbers !== undefined) {
        removed = removedAsNumbers(before.asNumbers, after.asNumbers);
      }
    } catch (error) {
      deps.failed(error);
    }
  };
  return {
    odd: () => odd,
    refresh: async (signal) => {
      const change = changeOf(deps.state());
      if (change !== undefined) await follow(change);
      const isOver = watched === undefined || deps.clock.elapsed() - watched.sinceMs > watchedMs;
      if (change === undefined || isOver || removed.size === 0) {
        odd = undefined;
        return;
      }
      const read = await deps.routes(signal);
      // Routes that cannot be read are unknown, and not odd.
      odd = oddRoutes(
        read.flatMap((one) => (one.ok ? one.value : [])),
        removed,
      );
    },
  };
}

/** undefined: nothing is in force that came after something else. */
function changeOf({
  accepted,
  inForce,
  confirming,
  previous,
}: ReturnType<PathWatchDeps['state']>): Change | undefined {
  if (accepted === undefined || inForce === undefined) return undefined;
  const isConfirming = confirming !== undefined && sameRevision(confirming.revision, inForce);
  const from = isConfirming ? confirming.previous : previous;
  const isOne =
    from !== undefined && sameRevision(accepted, inForce) && !sameRevision(from, inForce);
  return isOne ? { from, to: inForce } : undefined;
}

function isSame(one: Change, other: Change): boolean {
  return sameRevision(one.from, other.from) && sameRevision(one.to, other.to);
}
