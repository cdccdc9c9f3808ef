/** One of several controllers: a process of its own, with a proxy before each member of etcd. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createUnixHttpClient } from '../../../runtime/http/unix-client.ts';
import { eventually } from '../eventually.ts';
import { startCuttingProxy, type CuttingProxy } from '../servers/cutting-proxy.ts';
import { endpointOf } from './etcd-cluster.ts';

export interface Replica {
  /** Where agents connect. */
  readonly listen: string;
  readonly tokenFile: string;
  /** Resolves when it runs. After an end of its own it is started again, as systemd does it. */
  start(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
  pause(): void;
  resume(): void;
  /** Nothing passes between it and etcd any more, and no connection is refused. */
  cutOff(isCut: boolean): void;
  /** Resolves when the process that runs now has ended by itself, and another one runs. */
  replaced(): Promise<void>;
  ask<T>(method: 'GET' | 'POST' | 'PUT', resource: string, body?: Body): Promise<T>;
  /** What its processes have said. */
  log(): string;
  stop(): Promise<void>;
}

export interface Body {
  readonly mediaType: string;
  readonly body: string;
}

export interface ReplicaOptions {
  readonly port: number;
  /** The ports of etcd. */
  readonly members: readonly number[];
  /** Further options of `serve`. */
  readonly args?: readonly string[];
}

export async function makeReplica(
  folder: string,
  { port, members, args: more = [] }: ReplicaOptions,
): Promise<Replica> {
  await mkdir(folder);
  const at = (name: string): string => path.join(folder, name);
  await writeFile(at('token'), 'a-token-for-tests-only\n', { mode: 0o600 });
  const proxies: CuttingProxy[] = [];
  for (const member of members) proxies.push(await startCuttingProxy(member));
  const listen = `127.0.0.1:${String(port)}`;
  const endpoints = proxies.map((proxy) => endpointOf(proxy.port));
  const store = { engine: 'etcd', endpoints, timeoutSeconds: 2, leaseSeconds: 5 };
  const config = { apiVersion: 'calico-agent/v1', kind: 'ControllerConfig', store };
  await writeFile(at('controller.yaml'), JSON.stringify(config));
  const args = [
    ...[path.resolve('dist/calico-controller.js'), 'serve', '--listen', listen],
    ...['--token-file', at('token'), '--config', at('controller.yaml')],
    ...['--state-directory', at('state'), '--socket', at('controller.sock')],
    ...more,
  ];
  const client = createUnixHttpClient(at('controller.sock'), { startHint: 'the test' });
  let log = '';
  let child: ChildProcess | undefined;
  let isKept = false;
  const waiting = new Set<() => void>();
  const tellReplaced = (): void => {
    for (const told of waiting) told();
    waiting.clear();
  };
  const start = async (): Promise<void> => {
    isKept = true;
    const begun = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    child = begun;
    for (const stream of [begun.stdout, begun.stderr]) {
      stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
    }
    begun.once('exit', () => {
      if (isKept) void start().then(tellReplaced, tellReplaced);
    });
    // Once it is stopped nobody waits for it.
    await eventually(() => isKept && client.request({ method: 'GET', path: '/v1/status' }));
  };
  const end = async (): Promise<void> => {
    isKept = false;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  return {
    listen,
    tokenFile: at('token'),
    start,
    kill: end,
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    cutOff: (isCut) => {
      for (const proxy of proxies) proxy.swallow(isCut);
      // Of what was swallowed the rest would make no sense.
      if (!isCut) for (const proxy of proxies) proxy.cut();
    },
    replaced: () => new Promise((resolve) => void waiting.add(resolve)),
    ask: async <T>(method: 'GET' | 'POST' | 'PUT', resource: string, body?: Body): Promise<T> => {
      const answer = await client.request({ method, path: resource, timeoutMs: 60_000, ...body });
      const document: T = JSON.parse(answer.body);
      return document;
    },
    log: () => log,
    stop: async () => {
      await end();
      for (const proxy of proxies) await proxy.close();
    },
  };
}
