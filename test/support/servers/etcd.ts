/** A real etcd for tests, with or without TLS client certificates and passwords, on free ports. */
import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { makeAuthority, makeSignedCertificate } from './certificate.ts';
import { freePort } from './free-port.ts';
import { eventually } from '../eventually.ts';
import { lacks } from '../skips/needs.cjs';

export interface EtcdOptions {
  /** The server's certificate is signed by a CA of its own, and clients need one of it too. */
  readonly tls?: boolean;
  /** Writes to the disk before it answers, as etcd does in production: slower. */
  readonly isDurable?: boolean;
  /** Further arguments: `--max-txn-ops=10`. */
  readonly args?: readonly string[];
  /** A command that runs another one, for etcd and etcdctl: `ip netns exec NAME`. */
  readonly within?: readonly string[];
}

export interface ClientFiles {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

export interface RunningEtcd {
  readonly endpoint: string;
  readonly port: number;
  readonly folder: string;
  /** With TLS: the files that a client needs. */
  readonly files?: ClientFiles;
  /** Runs etcdctl against it, a reader that shares no code with ours. */
  etcdctl(...args: readonly string[]): Promise<string>;
  put(key: string, value: unknown): Promise<void>;
  /** The JSON value of a key; undefined: there is none. */
  get(key: string): Promise<unknown>;
  keys(prefix: string): Promise<readonly string[]>;
  /** kill -9; `restart` brings it back with its data. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Kills it, removes all its data, and starts it again at the same port. */
  wipe(): Promise<void>;
  /** Kills it and starts it again with the data of a snapshot: `etcdctl snapshot save`. */
  restore(snapshot: string): Promise<void>;
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

/** Skips the test, or all tests of a suite in its `before`, when there is no etcd. */
export function needsEtcd(context: Mocha.Context): void {
  const missing = [
    ['etcd', 'etcd-server'],
    ['etcdctl', 'etcd-client'],
  ] as const;
  for (const [program, debianPackage] of missing) {
    if (spawnSync(program, ['--help'], { stdio: 'ignore' }).error === undefined) continue;
    lacks(`the program ${program}`, debianPackage);
    context.skip();
  }
}

export async function startEtcd(options: EtcdOptions = {}): Promise<RunningEtcd> {
  const folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-etcd-'));
  const data = path.join(folder, 'data');
  const port = await freePort();
  const peerPort = await freePort([port]);
  const scheme = options.tls === true ? 'https' : 'http';
  const endpoint = `${scheme}://127.0.0.1:${String(port)}`;
  const files = options.tls === true ? makeFiles(folder) : undefined;
  const args = [
    ...['--data-dir', data, '--logger', 'zap', '--log-level', 'error'],
    ...['--listen-client-urls', endpoint, '--advertise-client-urls', endpoint],
    ...['--listen-peer-urls', `http://127.0.0.1:${String(peerPort)}`],
    ...['--initial-advertise-peer-urls', `http://127.0.0.1:${String(peerPort)}`],
    ...['--initial-cluster', `default=http://127.0.0.1:${String(peerPort)}`],
    ...(files === undefined ? [] : serverTls(files)),
    ...(options.isDurable === true ? [] : ['--unsafe-no-fsync']),
    ...(options.args ?? []),
  ];
  const { within = [] } = options;
  let server = spawnEtcd(args, within);
  const run = async (...words: readonly string[]): Promise<string> => {
    const all = [
      '--endpoints',
      endpoint,
      ...(files === undefined ? [] : clientTls(files)),
      ...words,
    ];
    const env = { PATH: process.env['PATH'] ?? '', ETCDCTL_API: '3' };
    const [program = '', ...rest] = [...within, 'etcdctl', ...all];
    const { stdout } = await promisify(execFile)(program, rest, { env, maxBuffer: 2 ** 26 });
    return stdout;
  };
  const ready = (): Promise<void> =>
    eventually(async () => {
      if (server.exitCode !== null) throw new Error('etcd ended by itself');
      await run('endpoint', 'health', '--command-timeout=1s');
    }, 60_000);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGCONT');
    server.kill(signal);
    await ended;
  };
  await ready();
  return {
    endpoint,
    port,
    folder,
    ...(files !== undefined && { files: files.client }),
    etcdctl: run,
    put: async (key, value) => {
      await run('put', key, '--', typeof value === 'string' ? value : JSON.stringify(value));
    },
    get: async (key) => {
      const text = await run('get', '--print-value-only', key);
      const value: unknown = text === '' ? undefined : JSON.parse(text);
      return value;
    },
    keys: async (prefix) =>
      (await run('get', '--prefix', '--keys-only', prefix))
        .split('\n')
        .filter((line) => line !== ''),
    kill: () => end('SIGKILL'),
    restart: async () => {
      server = spawnEtcd(args, within);
      await ready();
    },
    wipe: async () => {
      await end('SIGKILL');
      await rm(data, { recursive: true });
      server = spawnEtcd(args, within);
      await ready();
    },
    restore: async (snapshot) => {
      await end('SIGKILL');
      await rm(data, { recursive: true });
      const peers = `http://127.0.0.1:${String(peerPort)}`;
      await run(
        ...['snapshot', 'restore', snapshot, '--data-dir', data],
        ...['--initial-cluster', `default=${peers}`, '--initial-advertise-peer-urls', peers],
      );
      server = spawnEtcd(args, within);
      await ready();
    },
    pause: () => void server.kill('SIGSTOP'),
    resume: () => void server.kill('SIGCONT'),
    stop: async () => {
      await end('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function spawnEtcd(args: readonly string[], within: readonly string[]): ChildProcess {
  const [program = '', ...rest] = [...within, 'etcd', ...args];
  return spawn(program, rest, { stdio: 'ignore' });
}

interface Files {
  readonly client: ClientFiles;
  readonly server: ClientFiles;
}

function makeFiles(folder: string): Files {
  const authority = makeAuthority(folder, 'etcd-ca');
  const server = makeSignedCertificate(folder, 'etcd-server', 'IP:127.0.0.1', authority);
  const client = makeSignedCertificate(folder, 'etcd-client', 'DNS:etcd-client', authority);
  const caFile = authority.certFile;
  return { client: { caFile, ...client }, server: { caFile, ...server } };
}

function serverTls({ server }: Files): readonly string[] {
  const { caFile, certFile, keyFile } = server;
  return [
    '--client-cert-auth',
    ...['--trusted-ca-file', caFile, '--cert-file', certFile, '--key-file', keyFile],
  ];
}

function clientTls({ client }: Files): readonly string[] {
  return ['--cacert', client.caFile, '--cert', client.certFile, '--key', client.keyFile];
}

/**
 * Called in a suite: an etcd that starts before its tests and ends after them; without etcd the suite is skipped.
 * @returns a function that gives it, once the suite has begun
 */
export function etcdOfSuite(): () => RunningEtcd {
  let etcd: RunningEtcd | undefined;
  before(async function () {
    needsEtcd(this);
    etcd = await startEtcd();
  });
  after(() => etcd?.stop());
  return () => {
    if (etcd === undefined) throw new Error('the suite has not begun');
    return etcd;
  };
}
