/** A route of the agent's API. A route that may change something has its audit line beside it. */
import type { HttpRequest, Reply, Route } from '../../../runtime/http/route.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { Agent } from '../../app/agent.ts';
import type { JujuSettings } from '../../ports/juju-settings.ts';
import { audited } from './audited.ts';
import { coalesced } from './coalesced.ts';
import { createWaitSlots, type WaitSlots } from '../../../runtime/http/request/wait-slots.ts';

export type AgentRoute = ReadingRoute | ChangingRoute;

/** A route that changes nothing. */
export interface ReadingRoute extends Route {
  readonly method: 'GET';
  readonly audit?: never;
}

/** A route that may change something; it compiles only with an audit. */
interface ChangingRoute extends Route {
  readonly method: Exclude<Route['method'], 'GET'>;
  readonly audit: RouteAudit;
}

/** The action that the audit line names (the command that asks for it), or why there is no line. */
type RouteAudit =
  { readonly action: string } | { readonly none: 'changes nothing' | 'the offers write their own' };

/** The parts of the daemon that the routes serve. */
export interface Served {
  /** The status, at any time, also while the agent starts. */
  status(): AgentStatus;
  /** Resolves when the agent knows its node and its revisions. */
  ready(): Promise<Agent>;
  /** Absent: Juju does not decide how this agent runs. */
  readonly jujuSettings?: JujuSettings;
}

/** The parts from which routes are made. */
export interface RouteContext extends Served {
  /** A handler over one part of the agent; a request waits until the agent has started. */
  on<P extends keyof Agent>(
    part: P,
    handle: (part: Agent[P], request: HttpRequest) => Promise<Reply> | Reply,
  ): Route['handle'];
  /** One run for all clients that ask at the same time. */
  shared<T>(run: (agent: Agent) => Promise<T> | T): () => Promise<T>;
  /** Slots for the requests that wait for the end of a revision. */
  readonly slots: WaitSlots;
}

/** Fewer than connections, so that one is always left for a client that asks for the status. */
const maxWaits = 32;

export function createRouteContext(served: Served): RouteContext {
  const { ready } = served;
  return {
    ...served,
    on: (part, handle) => async (request) => handle((await ready())[part], request),
    shared: (run) => coalesced(async () => run(await ready())),
    slots: createWaitSlots(maxWaits),
  };
}

/** The route in the form of the server, with its audit. */
export function servedRoute(
  { audit, ...route }: AgentRoute,
  { ready }: { ready(): Promise<Pick<Agent, 'audit'>> },
): Route {
  return audit !== undefined && 'action' in audit
    ? audited(audit.action, async () => (await ready()).audit, route)
    : route;
}
