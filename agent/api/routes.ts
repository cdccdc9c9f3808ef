/**
 * The local API: every resource of the agent's sockets. Described in schemas/agent-api.openapi.yaml;
 * a test keeps the two together.
 */
import { json, type Reply, type Route } from '../../runtime/http-server.ts';
import type { AgentStatus } from '../../schemas/generated/agent-status.ts';
import type { Agent } from '../app/agent.ts';
import { checkConfig, getConfig, planAccepted, planConfig, putConfig } from './config.ts';
import { getFacts, putFacts } from './facts.ts';
import { getPeers, getResources } from './wanted.ts';

/** What the routes serve. */
export interface Served {
  /** At any time, also while the agent starts. */
  status(): AgentStatus;
  /** Resolves when the agent knows its node and its revisions. */
  ready(): Promise<Agent>;
}

/** As core/config has it, whose import would bring the YAML parser along. */
const maxConfigBytes = 1024 * 1024;
const configBody = {
  maxBytes: maxConfigBytes,
  mediaTypes: ['application/yaml', 'application/json'],
};
const factsBody = { ...configBody, maxBytes: 256 * 1024 };

/** What is asked most often is written as text once per change. */
function statusReply(status: () => AgentStatus): () => Reply {
  let last: { readonly status: AgentStatus; readonly reply: Reply } | undefined;
  return () => {
    const current = status();
    if (last?.status !== current) last = { status: current, reply: json(current) };
    return last.reply;
  };
}

export function createRoutes({ status, ready }: Served): readonly Route[] {
  return [
    { method: 'GET', path: '/v1/health', access: 'read', handle: () => json({ status: 'ok' }) },
    { method: 'GET', path: '/v1/status', access: 'read', handle: statusReply(status) },
    {
      method: 'GET',
      path: '/v1/config',
      access: 'read',
      handle: async () => getConfig(await ready()),
    },
    {
      method: 'PUT',
      path: '/v1/config',
      access: 'write',
      body: configBody,
      handle: async (request) => putConfig(await ready(), request),
    },
    {
      method: 'POST',
      path: '/v1/check',
      access: 'read',
      body: configBody,
      handle: async (request) => checkConfig(await ready(), request),
    },
    {
      method: 'GET',
      path: '/v1/plan',
      access: 'read',
      handle: async () => planAccepted(await ready()),
    },
    {
      method: 'POST',
      path: '/v1/plan',
      access: 'read',
      body: configBody,
      handle: async (request) => planConfig(await ready(), request),
    },
    {
      method: 'GET',
      path: '/v1/revisions',
      access: 'read',
      handle: async () => json({ revisions: await (await ready()).revisions() }),
    },
    {
      method: 'GET',
      path: '/v1/resources',
      access: 'read',
      handle: async (request) => getResources(await ready(), request),
    },
    {
      method: 'GET',
      path: '/v1/peers',
      access: 'read',
      handle: async () => getPeers(await ready()),
    },
    {
      method: 'GET',
      path: '/v1/facts',
      access: 'read',
      handle: async () => getFacts(await ready()),
    },
    {
      method: 'PUT',
      path: '/v1/facts',
      access: 'write',
      body: factsBody,
      handle: async (request) => putFacts(await ready(), request),
    },
  ];
}
