/** The etcd of a fabric, on the management network, and a copy of it that follows by watching. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { eventually } from '../support/eventually.ts';
import { readPrefixes } from './calico/calico-state.ts';
import type { Namespaces } from './network/namespaces.ts';
import { managementAddress, switchNamespace } from './network/wiring.ts';

export interface LabEtcd {
  readonly endpoint: string;
  /** Everything in one transaction; `values` contains it afterwards. */
  write(changes: readonly EtcdChange[]): Promise<void>;
  /** The keys that Calico reads, as of the last event. */
  readonly values: ReadonlyMap<string, string>;
  /** Called after each change of `values`. */
  onChange(listener: () => void): () => void;
}

export type EtcdChange =
  | { readonly key: string; readonly value: unknown }
  | { readonly key: string; readonly isDeleted: true };

interface EtcdKey {
  readonly key: string;
  readonly value?: string;
}

interface WatchAnswer {
  readonly Events?: readonly { readonly type?: number | string; readonly kv: EtcdKey }[];
}

export async function startLabEtcd(namespaces: Namespaces, folder: string): Promise<LabEtcd> {
  const endpoint = `http://${managementAddress}:2379`;
  const peers = 'http://127.0.0.1:2380';
  const etcd = inSwitch(namespaces, [
    'etcd',
    ...['--data-dir', path.join(folder, 'etcd'), '--unsafe-no-fsync'],
    ...['--logger', 'zap', '--log-level', 'error'],
    ...['--listen-client-urls', endpoint, '--advertise-client-urls', endpoint],
    ...['--listen-peer-urls', peers, '--initial-advertise-peer-urls', peers],
    ...['--initial-cluster', `default=${peers}`],
  ]);
  etcd.stdin?.end();
  const etcdctl = (...args: readonly string[]): ChildProcess =>
    inSwitch(namespaces, ['env', 'ETCDCTL_API=3', 'etcdctl', '--endpoints', endpoint, ...args]);
  await eventually(async () => {
    if (etcd.exitCode !== null) throw new Error('etcd ended by itself');
    await outputOf(etcdctl('endpoint', 'health', '--command-timeout=1s'));
  }, 60_000);
  const values = new Map<string, string>();
  const listeners = new Set<() => void>();
  follow(etcdctl('watch', '--prefix', '/calico/', '--rev=1', '-w', 'json'), (answer) => {
    const known = (answer.Events ?? []).filter(({ kv }) => isRead(decoded(kv.key)));
    for (const { type, kv } of known) {
      const isDeleted = type === 1 || type === 'DELETE';
      if (isDeleted) values.delete(decoded(kv.key));
      else values.set(decoded(kv.key), decoded(kv.value ?? ''));
    }
    if (known.length > 0) for (const listener of listeners) listener();
  });
  return {
    endpoint,
    values,
    write: async (changes) => {
      const lines = changes.map((change) =>
        'isDeleted' in change
          ? `del ${change.key}`
          : `put ${change.key} ${quoted(JSON.stringify(change.value))}`,
      );
      // No condition, these changes, and nothing otherwise.
      await outputOf(etcdctl('txn'), `\n${lines.join('\n')}\n\n\n`);
      await eventually(() => {
        const late = changes.filter((change) => !isSeen(values, change));
        if (late.length > 0) throw new Error(`the watch does not show ${late[0]?.key ?? ''}`);
      }, 60_000);
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function isRead(key: string): boolean {
  return readPrefixes.some((prefix) => key.startsWith(prefix));
}

function isSeen(values: ReadonlyMap<string, string>, change: EtcdChange): boolean {
  if (!isRead(change.key)) return true;
  return values.get(change.key) === ('value' in change ? JSON.stringify(change.value) : undefined);
}

function decoded(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}

/** In the syntax of etcdctl's transactions. */
function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function inSwitch(namespaces: Namespaces, command: readonly string[]): ChildProcess {
  const args = ['netns', 'exec', namespaces.fullName(switchNamespace), ...command];
  return spawn('ip', args, { stdio: ['pipe', 'pipe', 'ignore'] });
}

async function outputOf(child: ChildProcess, input = ''): Promise<string> {
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stdin?.end(input);
  await once(child, 'close');
  if (child.exitCode !== 0) throw new Error(`${child.spawnargs.join(' ')}: ${output}`);
  return output;
}

/** Each answer is a line. */
function follow(watch: ChildProcess, take: (answer: WatchAnswer) => void): void {
  if (watch.stdout === null) return;
  createInterface({ input: watch.stdout }).on('line', (line) => {
    const answer: WatchAnswer = JSON.parse(line);
    take(answer);
  });
}
