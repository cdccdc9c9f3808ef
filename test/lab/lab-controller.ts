/** The built controller of a fabric, on its management network. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import type { RolloutAnswer } from '../../controller/api/rollout-routes.ts';
import type { NodesAnswer, PushAnswer } from '../../controller/api/routes.ts';
import type { RolloutView } from '../../controller/app/rollout/rollout-view.ts';
import { agentsPath } from '../../core/protocol/messages.ts';
import { createUnixHttpClient } from '../../runtime/http/unix-client.ts';
import { eventually } from '../support/eventually.ts';
import type { Namespaces } from './network/namespaces.ts';
import { managementAddress, switchNamespace } from './network/wiring.ts';

export interface LabController {
  /** Settings of agent.yaml, with which an agent connects to it. */
  readonly agentSettings: Readonly<Record<string, unknown>>;
  /** Every one of these nodes is connected. */
  connected(nodes: readonly string[]): Promise<void>;
  /** To all nodes at once; every one of them confirms it. */
  push(config: string): Promise<void>;
  /** Begins a rollout. Rejects when the controller refuses it. */
  rollOut(config: string, strategy: Readonly<Record<string, unknown>>): Promise<void>;
  /** Waits until the rollout is so. Rejects with its last state. */
  until(isSo: (view: RolloutView) => boolean): Promise<RolloutView>;
  /** Starts it again with its state. */
  start(): void;
  /** kill -9 */
  kill(): Promise<void>;
}

/** Longer than all gates of a rollout; a rollout that needs more time hangs. */
const longestMs = 300_000;

export async function startLabController(
  namespaces: Namespaces,
  fabricFolder: string,
): Promise<LabController> {
  const folder = path.join(fabricFolder, 'controller');
  const files = (name: string): string => path.join(folder, name);
  await mkdir(folder);
  await writeFile(files('token'), 'the-token-of-the-lab', { mode: 0o600 });
  const listen = `${managementAddress}:7843`;
  const client = createUnixHttpClient(files('controller.sock'), { startHint: 'the lab' });
  let child: ChildProcess;
  const start = (): void => {
    const log = openSync(files('controller.log'), 'a');
    child = spawn(
      'ip',
      [
        ...['netns', 'exec', namespaces.fullName(switchNamespace)],
        ...[process.execPath, path.resolve('dist/calico-controller.js'), 'serve'],
        ...['--listen', listen, '--plaintext-beyond-loopback', '--token-file', files('token')],
        ...['--socket', files('controller.sock'), '--state-directory', files('state')],
        ...['--log-level', 'debug'],
      ],
      { stdio: ['ignore', 'ignore', log] },
    );
    closeSync(log);
  };
  const request = async <T>(
    method: 'GET' | 'POST' | 'PUT',
    resource: string,
    sent: { readonly body?: string; readonly mediaType?: string } = {},
  ): Promise<T> => {
    const asked = { method, path: resource, timeoutMs: longestMs, ...sent };
    const { status, body } = await client.request(asked);
    if (status >= 300) throw new Error(`${method} ${resource}: ${body}`);
    const answer: T = JSON.parse(body);
    return answer;
  };
  const rollout = async (): Promise<RolloutView | undefined> =>
    (await request<RolloutAnswer>('GET', '/v1/rollout')).rollout;
  start();
  await eventually(() => request('GET', '/v1/status'), 60_000);
  return {
    agentSettings: {
      source: 'controller',
      controller: {
        url: `ws://${listen}${agentsPath}`,
        tokenFile: files('token'),
        allowPlaintext: true,
        reconnect: { baseSeconds: 0.5, capSeconds: 1 },
      },
    },
    connected: (nodes) =>
      eventually(async () => {
        const { nodes: known } = await request<NodesAnswer>('GET', '/v1/nodes');
        const there = known.filter(({ connected }) => connected).map(({ name }) => name);
        expect(there).to.have.members(nodes);
      }, 60_000),
    push: async (config) => {
      const sent = { mediaType: 'application/yaml', body: config };
      const { ended } = await request<PushAnswer>('PUT', '/v1/config?by=lab&wait=240', sent);
      const { failures, missing } = (await rollout()) ?? {};
      expect({ ended, failures, missing }).to.deep.equal({
        ended: 'all',
        failures: [],
        missing: [],
      });
    },
    rollOut: async (config, strategy) => {
      const head = { apiVersion: 'calico-agent/v1', kind: 'RolloutStrategy', settle: '0s' };
      const body = {
        text: config,
        mediaType: 'application/yaml',
        strategy: { ...head, ...strategy },
      };
      const sent = { mediaType: 'application/json', body: JSON.stringify(body) };
      await request('POST', '/v1/rollout?by=lab', sent);
    },
    until: async (isSo) => {
      let last: RolloutView | undefined;
      await eventually(async () => {
        last = await rollout();
        if (last === undefined || !isSo(last)) throw new Error(JSON.stringify(last));
      }, longestMs);
      if (last === undefined) throw new Error('there is no rollout');
      return last;
    },
    start,
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
