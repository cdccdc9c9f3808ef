/** A real etcd of three members on loopback. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createEtcdClient } from '../../../runtime/etcd/etcd-client.ts';
import { eventually } from '../eventually.ts';
import { freePort } from '../servers/free-port.ts';

export interface EtcdCluster {
  /** The ports for clients. */
  readonly ports: readonly number[];
  /** kill -9 of one member. */
  kill(index: number): Promise<void>;
  stop(): Promise<void>;
}

const memberCount = 3;

export async function startEtcdCluster(folder: string): Promise<EtcdCluster> {
  const ports: number[] = [];
  while (ports.length < 2 * memberCount) ports.push(await freePort(ports));
  const clientPorts = ports.slice(0, memberCount);
  const peers = ports.slice(memberCount).map((port) => `http://127.0.0.1:${String(port)}`);
  const initial = peers.map((url, index) => `m${String(index)}=${url}`).join(',');
  const members = peers.map((peer, index) => {
    const client = endpointOf(clientPorts[index] ?? 0);
    return spawn(
      'etcd',
      [
        ...['--name', `m${String(index)}`, '--data-dir', path.join(folder, `m${String(index)}`)],
        ...['--listen-client-urls', client, '--advertise-client-urls', client],
        ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
        ...['--initial-cluster', initial, '--unsafe-no-fsync'],
        ...['--logger', 'zap', '--log-level', 'error'],
      ],
      { stdio: 'ignore' },
    );
  });
  const client = createEtcdClient(() =>
    Promise.resolve({ endpoints: clientPorts.map(endpointOf), timeoutMs: 2000 }),
  );
  await eventually(() => client.read([{ key: 'ready' }]));
  client.close();
  return {
    ports: clientPorts,
    kill: async (index) => {
      const member = members[index];
      if (member !== undefined) await end(member);
    },
    stop: async () => {
      await Promise.all(members.map(end));
    },
  };
}

export function endpointOf(port: number): string {
  return `http://127.0.0.1:${String(port)}`;
}

async function end(member: ChildProcess): Promise<void> {
  if (member.exitCode !== null || member.signalCode !== null) return;
  const ended = once(member, 'exit');
  member.kill('SIGKILL');
  await ended;
}
