/** The built daemon on a node of a fabric, as its unit starts it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { AnyPlan } from '../../core/plan/plan.ts';
import { createUnixHttpClient } from '../../runtime/http/unix-client.ts';
import type { AgentStatus } from '../../schemas/generated/agent-status.ts';
import { isAgentStatus } from '../../schemas/generated/agent-status.validator.js';
import type { Family } from './calico/calico-state.ts';
import { birdFiles } from './bird/bird-process.ts';
import type { Namespaces } from './network/namespaces.ts';
import type { LabNode } from './network/topology.ts';

export interface LabAgent {
  readonly node: string;
  /**
   * Accepts the loss in the plan.
   * @returns the result within so many seconds: `confirmed`, or `failed: WHY`
   */
  apply(config: string, withinSeconds: number): Promise<string>;
  /** The lost traffic in the plan of a configuration. */
  losses(config: string): Promise<readonly string[]>;
  status(): Promise<AgentStatus>;
  log(): Promise<string>;
  /** Starts it again with its state. */
  start(): void;
  kill(): Promise<void>;
}

interface Ended {
  readonly result: string;
  readonly message?: string;
}

export interface LabAgentOptions {
  readonly namespaces: Namespaces;
  readonly node: LabNode;
  readonly folder: string;
  readonly endpoint: string;
  /** Additional settings for agent.yaml. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

export async function startLabAgent(options: LabAgentOptions): Promise<LabAgent> {
  const { namespaces, node, folder, endpoint, settings } = options;
  const files = (name: string): string => path.join(folder, name);
  const families = node.addresses.map((address): Family => (address.includes(':') ? 6 : 4));
  const config = {
    apiVersion: 'calico-agent/v1',
    kind: 'AgentConfig',
    node: { name: node.name, unit: node.unit, addresses: node.addresses },
    source: 'local',
    stateDirectory: files('state'),
    socket: files('agent.sock'),
    statusSocket: files('status.sock'),
    datastore: { driver: 'etcd', endpoints: [endpoint] },
    bird: { sockets: families.map((family) => birdFiles(folder, family).socket) },
    log: { level: 'debug' },
    ...settings,
  };
  await writeFile(files('agent.yaml'), JSON.stringify(config));
  const client = createUnixHttpClient(files('agent.sock'), { startHint: 'startLabAgent' });
  let child: ChildProcess;
  const start = (): void => {
    const log = openSync(files('agent.log'), 'a');
    child = spawn(
      'ip',
      [
        ...['netns', 'exec', namespaces.fullName(node.name)],
        ...[process.execPath, path.resolve('dist/calico-agent.js')],
        ...['run', '--config', files('agent.yaml')],
      ],
      { stdio: ['ignore', 'ignore', log] },
    );
    closeSync(log);
  };
  start();
  return {
    node: node.name,
    apply: async (text, withinSeconds) => {
      const answer = await client.request({
        method: 'PUT',
        path: `/v1/config?accept-loss=true&wait=${String(withinSeconds)}`,
        body: text,
        mediaType: 'application/yaml',
        timeoutMs: (withinSeconds + 30) * 1000,
      });
      const { ended }: { readonly ended?: Ended } = JSON.parse(answer.body);
      if (ended === undefined) return 'under way';
      const { result, message } = ended;
      return message === undefined ? result : `${result}: ${message}`;
    },
    losses: async (body) => {
      const { body: answer } = await client.request({
        method: 'POST',
        path: '/v1/plan',
        body,
        mediaType: 'application/yaml',
      });
      const { plan }: { readonly plan: Pick<AnyPlan, 'issues'> } = JSON.parse(answer);
      const losses = plan.issues.filter(({ code }) => code.startsWith('loss-'));
      return losses.map(({ message }) => message);
    },
    status: async () => {
      const { body } = await client.request({ method: 'GET', path: '/v1/status' });
      const status: unknown = JSON.parse(body);
      if (!isAgentStatus(status)) throw new Error(`${node.name} gives no status: ${body}`);
      return status;
    },
    log: () => readFile(files('agent.log'), 'utf8'),
    start,
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
