/**
 * The local API: every resource of the agent's sockets. Described in schemas/agent-api.openapi.yaml;
 * a test keeps the two together.
 */
import {
  json,
  jsonInTurns,
  type HttpRequest,
  type Reply,
  type Route,
} from '../../runtime/http/server.ts';
import type { AgentStatus } from '../../schemas/generated/agent-status.ts';
import type { Agent } from '../app/agent.ts';
import type { JujuSettings } from '../ports/juju-settings.ts';
import { audited } from './audited.ts';
import { coalesced } from './coalesced.ts';
import { checkConfig, getConfig, planAccepted, planConfig, putConfig } from './config.ts';
import { getResources } from './desired.ts';
import { createEventsHandler } from './events.ts';
import { exportReply } from './export.ts';
import { getFacts, putFacts } from './facts.ts';
import { deleteHold, putHold } from './hold.ts';
import { restartContainers } from './lxd.ts';
import { metricsRoute } from './metrics.ts';
import { getPeers } from './peers.ts';
import { listStaleNodes, maxNamesBytes, removeStaleNode } from './stale-nodes.ts';
import { getRevision, getRevisionResources, postConfirm, postRollback } from './revision.ts';
import { createWaitSlots, type WaitSlots } from './wait-slots.ts';

/** What the routes serve. */
export interface Served {
  /** At any time, also while the agent starts. */
  status(): AgentStatus;
  /** Resolves when the agent knows its node and its revisions. */
  ready(): Promise<Agent>;
  /** Absent: how the agent runs is not Juju's to say. */
  readonly jujuSettings?: JujuSettings;
}

/** Fewer than connections: one is always left for a client that asks for the status. */
const maxWaits = 32;
/** As core/config has it, whose import would bring the YAML parser along. */
const maxConfigBytes = 1024 * 1024;
const configBody = {
  maxBytes: maxConfigBytes,
  mediaTypes: ['application/yaml', 'application/json'],
};
const factsBody = { ...configBody, maxBytes: 256 * 1024 };
const holdBody = { maxBytes: 16 * 1024, mediaTypes: ['application/json'] };
/** The options, a native document among them, and what relations say. */
const hookBody = { maxBytes: 4 * maxConfigBytes, mediaTypes: ['application/json'] };
const namesBody = { maxBytes: maxNamesBytes, mediaTypes: ['application/json'] };

/** The status is asked for most often: it is written as text once per change. */
function statusReply(status: () => AgentStatus): () => Reply {
  let last: { readonly status: AgentStatus; readonly reply: Reply } | undefined;
  return () => {
    const current = status();
    if (last?.status !== current) last = { status: current, reply: json(current) };
    return last.reply;
  };
}

type Handle = Route['handle'];

/** What needs the agent waits until it has started. */
function handlers(ready: Served['ready']): {
  of: <P extends keyof Agent>(
    part: P,
    handle: (part: Agent[P], request: HttpRequest) => Promise<Reply> | Reply,
  ) => Handle;
  /** One run for all clients that ask at the same time. */
  shared: <T>(run: (agent: Agent) => Promise<T> | T) => () => Promise<T>;
} {
  return {
    of: (part, handle) => async (request) => handle((await ready())[part], request),
    shared: (run) => coalesced(async () => run(await ready())),
  };
}

export function createRoutes(served: Served): readonly Route[] {
  const slots = createWaitSlots(maxWaits);
  const routes = [
    ...statusRoutes(served),
    ...configRoutes(served, slots),
    ...confirmRoutes(served, slots),
    ...nodeRoutes(served),
    ...driftAndHoldRoutes(served),
    ...ownershipRoutes(served),
    ...staleNodeRoutes(served),
    ...lxdRoutes(served),
    ...hookRoutes(served, slots),
    ...eventRoutes(served),
    metricsRoute(async () => {
      const { counters } = await served.ready();
      return { status: served.status, counters };
    }),
  ];
  return routes.map((route) => {
    const action = audits[`${route.method} ${route.path}`];
    return action === undefined ? route : audited(action, auditOf(served), route);
  });
}

/**
 * What each route changes, by the command that asks for it. Those that are not here change nothing,
 * or offer a configuration, which is audited whoever offers it.
 */
const audits: Readonly<Record<string, string | undefined>> = {
  'PUT /v1/facts': 'facts',
  'POST /v1/confirm': 'confirm',
  'POST /v1/rollback': 'rollback',
  'POST /v1/drift/correct': 'drift --correct',
  'PUT /v1/hold': 'hold',
  'DELETE /v1/hold': 'release-hold',
  'POST /v1/adopt': 'adopt',
  'POST /v1/release': 'release',
  'POST /v1/stale-nodes/remove': 'stale-nodes remove',
  'POST /v1/lxd/restart': 'lxd restart',
};

function auditOf({ ready }: Served): () => Promise<Agent['audit']> {
  return async () => (await ready()).audit;
}

function statusRoutes({ status }: Served): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/health',
      access: 'read',
      isCheap: true,
      handle: () => json({ status: 'ok' }),
    },
    {
      method: 'GET',
      path: '/v1/status',
      access: 'read',
      isCheap: true,
      handle: statusReply(status),
    },
  ];
}

function configRoutes({ ready }: Served, slots: WaitSlots): readonly Route[] {
  const { of, shared } = handlers(ready);
  return [
    {
      method: 'GET',
      path: '/v1/config',
      access: 'read',
      handle: shared(({ readings }) => getConfig(readings)),
    },
    {
      method: 'PUT',
      path: '/v1/config',
      access: 'write',
      body: configBody,
      handle: async (request) => putConfig(await ready(), request, slots),
    },
    {
      method: 'POST',
      path: '/v1/check',
      // Reading what others wrote is work: nothing for everybody on the machine.
      access: 'write',
      body: configBody,
      handle: of('offers', checkConfig),
    },
    {
      method: 'GET',
      path: '/v1/plan',
      access: 'read',
      handle: shared(({ offers }) => planAccepted(offers)),
    },
    {
      method: 'POST',
      path: '/v1/plan',
      access: 'write',
      body: configBody,
      handle: of('offers', planConfig),
    },
    {
      method: 'GET',
      path: '/v1/revisions',
      access: 'read',
      handle: shared(async ({ readings }) =>
        jsonInTurns({ revisions: await readings.revisions() }),
      ),
    },
    {
      method: 'GET',
      path: '/v1/revision',
      access: 'write',
      handle: of('readings', getRevision),
    },
    {
      method: 'GET',
      path: '/v1/revision/resources',
      access: 'write',
      handle: of('readings', getRevisionResources),
    },
  ];
}

function confirmRoutes({ ready }: Served, slots: WaitSlots): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/v1/confirm',
      access: 'write',
      handle: async () => postConfirm(await ready()),
    },
    {
      method: 'POST',
      path: '/v1/rollback',
      access: 'write',
      handle: async (request) => postRollback(await ready(), request, slots),
    },
  ];
}

function nodeRoutes({ ready }: Served): readonly Route[] {
  const { of, shared } = handlers(ready);
  const documents = shared(({ readings }) => getResources(readings, 'yaml'));
  const desired = shared(({ readings }) => getResources(readings, 'json'));
  return [
    {
      method: 'GET',
      path: '/v1/resources',
      access: 'read',
      handle: ({ headers }) =>
        (headers.accept ?? '').includes('application/yaml') ? documents() : desired(),
    },
    {
      method: 'GET',
      path: '/v1/peers',
      access: 'read',
      handle: shared(({ readings }) => getPeers(readings)),
    },
    { method: 'GET', path: '/v1/facts', access: 'read', handle: of('readings', getFacts) },
    {
      method: 'PUT',
      path: '/v1/facts',
      access: 'write',
      body: factsBody,
      handle: of('facts', putFacts),
    },
  ];
}

function driftAndHoldRoutes({ ready }: Served): readonly Route[] {
  const { of, shared } = handlers(ready);
  const drift = shared(({ operations }) => operations.drift());
  return [
    {
      method: 'GET',
      path: '/v1/drift',
      access: 'read',
      handle: async () => jsonInTurns(await drift()),
    },
    {
      method: 'POST',
      path: '/v1/drift/correct',
      access: 'write',
      handle: of('operations', async (operations) => json(await operations.correctDrift())),
    },
    {
      method: 'PUT',
      path: '/v1/hold',
      access: 'write',
      body: holdBody,
      handle: of('operations', putHold),
    },
    { method: 'DELETE', path: '/v1/hold', access: 'write', handle: of('operations', deleteHold) },
  ];
}

/** What reads the whole datastore is not for everybody on the machine. */
function ownershipRoutes({ ready }: Served): readonly Route[] {
  const { of, shared } = handlers(ready);
  const adoptable = shared(({ operations }) => operations.adoptable());
  const owned = shared(({ operations }) => operations.owned());
  const exported = shared(({ operations }) => operations.exportConfig());
  return [
    {
      method: 'GET',
      path: '/v1/adoptable',
      access: 'write',
      handle: async () => jsonInTurns({ objects: await adoptable() }),
    },
    {
      method: 'POST',
      path: '/v1/adopt',
      access: 'write',
      handle: of('operations', async (operations) =>
        jsonInTurns({ objects: await operations.adopt() }),
      ),
    },
    {
      method: 'GET',
      path: '/v1/owned',
      access: 'write',
      handle: async () => jsonInTurns({ objects: await owned() }),
    },
    {
      method: 'POST',
      path: '/v1/release',
      access: 'write',
      handle: of('operations', async (operations) => jsonInTurns(await operations.release())),
    },
    {
      method: 'GET',
      path: '/v1/export',
      access: 'write',
      handle: async (request) => exportReply(await exported(), request),
    },
  ];
}

function staleNodeRoutes({ ready }: Served): readonly Route[] {
  const { of, shared } = handlers(ready);
  const staleNodes = shared(({ operations }) => operations.staleNodes());
  return [
    {
      method: 'GET',
      path: '/v1/stale-nodes',
      access: 'write',
      handle: async () => jsonInTurns({ nodes: await staleNodes() }),
    },
    {
      method: 'POST',
      path: '/v1/stale-nodes',
      // It changes nothing; but calls with lists of their own cannot share a run.
      access: 'write',
      body: namesBody,
      handle: of('operations', listStaleNodes),
    },
    {
      method: 'POST',
      path: '/v1/stale-nodes/remove',
      access: 'write',
      body: namesBody,
      handle: of('operations', removeStaleNode),
    },
  ];
}

function lxdRoutes({ ready }: Served): readonly Route[] {
  const { of, shared } = handlers(ready);
  const report = shared(({ lxd }) => lxd.report());
  return [
    {
      method: 'GET',
      path: '/v1/lxd',
      access: 'read',
      handle: async () => jsonInTurns(await report()),
    },
    {
      method: 'POST',
      path: '/v1/lxd/restart',
      access: 'write',
      body: namesBody,
      handle: of('lxd', restartContainers),
    },
  ];
}

function hookRoutes({ ready, jujuSettings }: Served, slots: WaitSlots): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/v1/hooks',
      access: 'write',
      body: hookBody,
      handle: async (request) => {
        const { postHook } = await import('./hooks.ts');
        return postHook(await ready(), jujuSettings, request, slots);
      },
    },
  ];
}

function eventRoutes({ ready }: Served): readonly Route[] {
  const { of } = handlers(ready);
  return [
    {
      method: 'GET',
      path: '/v1/events',
      access: 'read',
      handle: of('eventLog', createEventsHandler()),
    },
  ];
}
