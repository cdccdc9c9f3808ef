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
import { coalesced } from './coalesced.ts';
import { checkConfig, getConfig, planAccepted, planConfig, putConfig } from './config.ts';
import { exportReply } from './export.ts';
import { getFacts, putFacts } from './facts.ts';
import { deleteHold, putHold } from './hold.ts';
import { restartContainers } from './lxd.ts';
import { getPeers } from './peers.ts';
import { listStaleNodes, maxNamesBytes, removeStaleNode } from './stale-nodes.ts';
import { createWaitSlots } from './wait-slots.ts';
import { getResources } from './wanted.ts';

/** What the routes serve. */
export interface Served {
  /** At any time, also while the agent starts. */
  status(): AgentStatus;
  /** Resolves when the agent knows its node and its revisions. */
  ready(): Promise<Agent>;
  /** Absent: how the agent runs is not Juju's to say. */
  readonly jujuSettings?: JujuSettings;
}

/** Fewer than connections: there is always one left for who asks how it is. */
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

/** What is asked most often is written as text once per change. */
function statusReply(status: () => AgentStatus): () => Reply {
  let last: { readonly status: AgentStatus; readonly reply: Reply } | undefined;
  return () => {
    const current = status();
    if (last?.status !== current) last = { status: current, reply: json(current) };
    return last.reply;
  };
}

type Handle = Route['handle'];

export function createRoutes({ status, ready, jujuSettings }: Served): readonly Route[] {
  /** What needs the agent waits until it has started. */
  const of =
    (handle: (agent: Agent, request: HttpRequest) => Promise<Reply> | Reply): Handle =>
    async (request) =>
      handle(await ready(), request);
  const slots = createWaitSlots(maxWaits);
  const config = coalesced(async () => getConfig(await ready()));
  const plan = coalesced(async () => planAccepted(await ready()));
  const revisions = coalesced(async () =>
    jsonInTurns({ revisions: await (await ready()).revisions() }),
  );
  const peers = coalesced(async () => getPeers(await ready()));
  const documents = coalesced(async () => getResources(await ready(), 'yaml'));
  const desired = coalesced(async () => getResources(await ready(), 'json'));
  const resources = ({ headers }: HttpRequest): Promise<Reply> =>
    (headers.accept ?? '').includes('application/yaml') ? documents() : desired();
  const drift = coalesced(async () => (await ready()).drift());
  const adoptable = coalesced(async () => (await ready()).adoptable());
  const owned = coalesced(async () => (await ready()).owned());
  const staleNodes = coalesced(async () => (await ready()).staleNodes());
  const lxd = coalesced(async () => (await ready()).lxd());
  const exported = coalesced(async () => (await ready()).exportConfig());

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
    { method: 'GET', path: '/v1/config', access: 'read', handle: config },
    {
      method: 'PUT',
      path: '/v1/config',
      access: 'write',
      body: configBody,
      handle: of((agent, request) => putConfig(agent, request, slots)),
    },
    {
      method: 'POST',
      path: '/v1/check',
      // Reading what others wrote is work: nothing for everybody on the machine.
      access: 'write',
      body: configBody,
      handle: of(checkConfig),
    },
    { method: 'GET', path: '/v1/plan', access: 'read', handle: plan },
    { method: 'POST', path: '/v1/plan', access: 'write', body: configBody, handle: of(planConfig) },
    { method: 'GET', path: '/v1/revisions', access: 'read', handle: revisions },
    { method: 'GET', path: '/v1/resources', access: 'read', handle: resources },
    { method: 'GET', path: '/v1/peers', access: 'read', handle: peers },
    { method: 'GET', path: '/v1/facts', access: 'read', handle: of(getFacts) },
    { method: 'PUT', path: '/v1/facts', access: 'write', body: factsBody, handle: of(putFacts) },
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
      handle: of(async (agent) => json(await agent.correctDrift())),
    },
    { method: 'PUT', path: '/v1/hold', access: 'write', body: holdBody, handle: of(putHold) },
    { method: 'DELETE', path: '/v1/hold', access: 'write', handle: of(deleteHold) },
    {
      method: 'GET',
      path: '/v1/adoptable',
      // It reads the whole datastore: nothing for everybody on the machine.
      access: 'write',
      handle: async () => jsonInTurns({ objects: await adoptable() }),
    },
    {
      method: 'POST',
      path: '/v1/adopt',
      access: 'write',
      handle: of(async (agent) => jsonInTurns({ objects: await agent.adopt() })),
    },
    {
      method: 'GET',
      path: '/v1/owned',
      // It reads the whole datastore: nothing for everybody on the machine.
      access: 'write',
      handle: async () => jsonInTurns({ objects: await owned() }),
    },
    {
      method: 'POST',
      path: '/v1/release',
      access: 'write',
      handle: of(async (agent) => jsonInTurns(await agent.release())),
    },
    {
      method: 'GET',
      path: '/v1/stale-nodes',
      access: 'write',
      handle: async () => jsonInTurns({ nodes: await staleNodes() }),
    },
    {
      method: 'POST',
      path: '/v1/stale-nodes',
      // It changes nothing; but calls with lists of their own cannot share one run.
      access: 'write',
      body: namesBody,
      handle: of(listStaleNodes),
    },
    {
      method: 'POST',
      path: '/v1/stale-nodes/remove',
      access: 'write',
      body: namesBody,
      handle: of(removeStaleNode),
    },
    {
      method: 'GET',
      path: '/v1/lxd',
      access: 'read',
      handle: async () => jsonInTurns(await lxd()),
    },
    {
      method: 'POST',
      path: '/v1/lxd/restart',
      access: 'write',
      body: namesBody,
      handle: of(restartContainers),
    },
    {
      method: 'GET',
      path: '/v1/export',
      // It reads the whole datastore: nothing for everybody on the machine.
      access: 'write',
      handle: async (request) => exportReply(await exported(), request),
    },
    {
      method: 'POST',
      path: '/v1/hooks',
      access: 'write',
      body: hookBody,
      handle: of(async (agent, request) => {
        const { postHook } = await import('./hooks.ts');
        return postHook(agent, jujuSettings, request, slots);
      }),
    },
  ];
}
