/** A node's baseline: its observations before a change, to be compared with later ones. */
import type { StoredBaseline, StoredBaselineSession } from '../../schemas/generated/agent-state.ts';
import type { KernelRoute } from '../sessions/parse-kernel-routes.ts';
import { portOf, type ObservedDaemon, type Read } from '../sessions/session.ts';

export type Baseline = StoredBaseline;

export interface BeforeChange {
  /** Empty: there is no BGP daemon on this machine. */
  readonly daemons: readonly ObservedDaemon[];
  readonly routes: Read<readonly KernelRoute[]>;
  /** Whether the controller was connected. */
  readonly controller: boolean;
}

/** The limit in the schema of the agent's state. */
const maxSessions = 20_000;
const maxRoutes = 50_000;

/**
 * Leaves out sessions or routes if not all of them are known, because then a loss could not be
 * recognised.
 */
export function baselineOf({ daemons, routes, controller }: BeforeChange): Baseline {
  const sessions = daemons.every(({ ok }) => ok) ? sessionsOf(daemons) : undefined;
  const destinations = routes.ok ? routedDestinations(routes.value) : undefined;
  return {
    controller,
    ...(sessions !== undefined && sessions.length <= maxSessions && { sessions }),
    ...(destinations !== undefined &&
      destinations.length <= maxRoutes && { routes: [...destinations] }),
  };
}

function sessionsOf(daemons: readonly ObservedDaemon[]): StoredBaselineSession[] {
  return daemons
    .flatMap((daemon) => (daemon.ok ? daemon.sessions : []))
    .flatMap((session) => {
      const { neighbor, remoteAs, state } = session;
      if (neighbor === undefined) return [];
      const port = portOf(session);
      const established = state === 'Established';
      return [
        {
          neighbor,
          established,
          ...(remoteAs !== undefined && { remoteAs }),
          ...(port !== undefined && { port }),
        },
      ];
    });
}

/**
 * The destinations of routes that carry packets: leaves out blackholes (the node's own blocks) and
 * routes without a next hop.
 */
export function routedDestinations(routes: readonly KernelRoute[]): readonly string[] {
  return routes.flatMap(({ kind, destination }) => (kind === 'unicast' ? [destination] : []));
}
