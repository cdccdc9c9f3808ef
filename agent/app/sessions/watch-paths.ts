/**
 * Whether routes still go by AS numbers that a change took away, or by other neighbours than before:
 * the sessions of such a route are Established as expected. Both are read after a change of AS numbers
 * alone, and for a few minutes, because BIRD has to list all its routes for that.
 */
import { removedAsNumbers, sameAsNumbers } from '../../../core/config/as-numbers.ts';
import type { BgpRoute } from '../../../core/sessions/paths/bgp-route.ts';
import {
  changedNextHops,
  newNextHops,
  nextHopsOf,
  type NextHops,
  type Routing,
} from '../../../core/sessions/paths/changed-next-hops.ts';
import type { KernelRoute } from '../../../core/sessions/parse-kernel-routes.ts';
import { oddRoutes, type OddRoutes } from '../../../core/sessions/paths/odd-routes.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { Derived } from '../../../core/deciding/question.ts';
import type { ObservedDaemon, Read } from '../../../core/sessions/session.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AgentState } from '../state/agent-state.ts';
import { meshOf } from './mesh-of.ts';

export interface PathWatch {
  /** The result of the last reading. undefined: all is as expected, or it is not known. */
  odd(): OddRoutes | undefined;
  /** Keeps the kernel's routes as they are before the first write of a change. */
  keep(before: readonly KernelRoute[]): void;
  /**
   * Reads the routes where that tells something. Never rejects.
   * @param daemons BIRD's sessions
   */
  refresh(signal: AbortSignal, daemons: readonly ObservedDaemon[]): Promise<void>;
}

export interface PathWatchDeps {
  /** Reads the routes of all BIRDs of this node. */
  readonly routes: (signal: AbortSignal) => Promise<readonly Read<readonly BgpRoute[]>[]>;
  /** Reads BIRD's routes in the kernel. Absent: nobody knows them. */
  readonly kernelRoutes?: (() => Promise<Read<readonly KernelRoute[]>>) | undefined;
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

/** The AS numbers and neighbours to look for after a change. */
interface Search {
  readonly removed: ReadonlySet<number>;
  /** As newNextHops says; undefined: next hops are not judged. */
  readonly mayLead: ReadonlySet<string> | undefined;
}

const nothing: Search = { removed: new Set(), mayLead: undefined };

export function createPathWatch(deps: PathWatchDeps): PathWatch {
  let watched: (Change & { readonly sinceMs: number }) | undefined;
  let search = nothing;
  let before: NextHops | undefined;
  let odd: OddRoutes | undefined;

  /** Finds out once for each change what it changes of AS numbers. */
  const follow = async (change: Change): Promise<void> => {
    if (watched !== undefined && isSame(watched, change)) return;
    watched = { ...change, sinceMs: deps.clock.elapsed() };
    [search, odd] = [nothing, undefined];
    try {
      const [from, to] = await Promise.all([change.from, change.to].map(deps.derivedOf));
      if (from !== undefined && to !== undefined) search = searchFor(from, to);
    } catch (error) {
      deps.failed(error);
    }
  };
  const inPaths = async (signal: AbortSignal): Promise<OddRoutes | undefined> => {
    if (search.removed.size === 0) return undefined;
    const read = await deps.routes(signal);
    // Routes that cannot be read are unknown, and not odd.
    return oddRoutes(
      read.flatMap((one) => (one.ok ? one.value : [])),
      search.removed,
    );
  };
  const byNextHop = async (daemons: readonly ObservedDaemon[]): Promise<OddRoutes | undefined> => {
    const { mayLead } = search;
    if (mayLead === undefined || before === undefined) return undefined;
    const read = await deps.kernelRoutes?.();
    return read?.ok === true
      ? changedNextHops(before, read.value, { mayLead, all: neighboursOf(daemons) })
      : undefined;
  };
  return {
    odd: () => odd,
    keep: (routes) => {
      before = nextHopsOf(routes);
    },
    refresh: async (signal, daemons) => {
      const change = changeOf(deps.state());
      if (change !== undefined) await follow(change);
      const isOver = watched === undefined || deps.clock.elapsed() - watched.sinceMs > watchedMs;
      if (change === undefined || isOver) {
        odd = undefined;
        return;
      }
      odd = (await inPaths(signal)) ?? (await byNextHop(daemons));
    },
  };
}

function searchFor(before: Derived, after: Derived): Search {
  // AS numbers change with the cluster-wide resources.
  if (after.desired.later !== undefined) return nothing;
  if (before.asNumbers === undefined || after.asNumbers === undefined) return nothing;
  const [from, to] = [routingOf(before), routingOf(after)];
  const isUnchanged =
    from.asNumber === to.asNumber && sameAsNumbers(before.asNumbers, after.asNumbers);
  return {
    removed: removedAsNumbers(before.asNumbers, after.asNumbers),
    mayLead: isUnchanged ? undefined : newNextHops(from, to),
  };
}

function routingOf(derived: Derived): Routing {
  const { resolution, asNumbers } = derived;
  const mesh = meshOf(derived);
  const asNumber = resolution.asNumber?.value ?? asNumbers?.cluster;
  return {
    peers: resolution.peers,
    ...(mesh !== undefined && { mesh }),
    ...(asNumber !== undefined && { asNumber }),
  };
}

function neighboursOf(daemons: readonly ObservedDaemon[]): ReadonlySet<string> {
  const sessions = daemons.flatMap((daemon) => (daemon.ok ? daemon.sessions : []));
  return new Set(sessions.flatMap(({ neighbor }) => neighbor ?? []));
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
