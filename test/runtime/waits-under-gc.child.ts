/**
 * Run with --expose-gc, by deadline.test.ts: waits of every kind during constant garbage
 * collection. Prints the result of each; one that never ends is `never`.
 */
import http from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLxdClient } from '../../agent/adapters/lxd/lxd-client.ts';
import type { RunningAgent } from '../../agent/app/create-agent.ts';
import { putConfig } from '../../agent/api/config/config.ts';
import { postHook } from '../../agent/api/juju/post-hook.ts';
import { createWaitSlots } from '../../runtime/http/request/wait-slots.ts';
import type { HttpRequest } from '../../runtime/http/route.ts';
import { createUnixHttpClient } from '../../runtime/http/unix-client.ts';
import { listenOnSocket } from '../../runtime/http/unix-socket.ts';
import { createMemoryDatastore } from '../support/twins/memory-datastore.ts';
import { agentOn } from '../support/agents/agent-on.ts';

const neverMs = 30_000;
const folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-gc-'));
const silentSocket = path.join(folder, 'silent.sock');
const silent = http.createServer(() => undefined);
await listenOnSocket(silent, silentSocket, { mode: 0o600 });
const agent = await stuckAgent();
const clientGone = new AbortController().signal;

const slots = createWaitSlots(10);
const hook = { hook: 'config-changed', unit: 'calico-agent/3' };
const waits: Readonly<Record<string, () => Promise<unknown>>> = {
  'PUT /v1/config?wait=0.3': () =>
    putConfig(agent, request('wait=0.3', 'global-as-number: 64512'), slots),
  'POST /v1/hooks?wait=0.3': () =>
    postHook(agent, undefined, request('wait=0.3', JSON.stringify(hook)), slots),
  'a request to a daemon': () =>
    createUnixHttpClient(silentSocket, { startHint: '' }).request({
      method: 'GET',
      path: '/',
      timeoutMs: 300,
      signal: clientGone,
    }),
  'a request to LXD': () =>
    createLxdClient(silentSocket).request({ method: 'GET', path: '/', timeoutMs: 300 }),
};

const collecting = setInterval(() => global.gc?.(), 5);
const ends = Object.entries(waits).map(async ([name, wait]) => [name, await endOf(wait())]);
console.log(JSON.stringify(Object.fromEntries(await Promise.all(ends))));
clearInterval(collecting);
silent.closeAllConnections();
silent.close();
await rm(folder, { recursive: true, force: true, maxRetries: 20 });
process.exit(0);

function endOf(wait: Promise<unknown>): Promise<string> {
  return Promise.race([
    wait.then(
      () => 'answered',
      () => 'failed',
    ),
    new Promise<string>((resolve) => setTimeout(resolve, neverMs, 'never')),
  ]);
}

function request(query: string, body: string): HttpRequest {
  const mediaType = 'application/yaml';
  return {
    access: 'write',
    parameters: {},
    caller: () => Promise.resolve(undefined),
    query: new URLSearchParams(query),
    headers: {},
    body,
    mediaType,
    signal: clientGone,
  };
}

/** Its first write never ends. */
async function stuckAgent(): Promise<RunningAgent> {
  const datastore = createMemoryDatastore();
  datastore.meddle.write = () => new Promise(() => undefined);
  const stuck = agentOn({ folder: path.join(folder, 'state'), datastore });
  await stuck.start();
  return stuck;
}
