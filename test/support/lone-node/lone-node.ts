/**
 * A node in a network namespace of its own, with an etcd, a BIRD and the built daemon, which can be
 * killed and restored to its earlier state.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { birdProtocol, guardProtocol } from '../../../core/guard/guard-settings.ts';
import { isMap, listAt, valueAt } from '../../../core/input/plain-data.ts';
import { createUnixHttpClient, type UnixHttpClient } from '../../../runtime/http/unix-client.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import { isAgentStatus } from '../../../schemas/generated/agent-status.validator.js';
import { startEtcd, type RunningEtcd } from '../servers/etcd.ts';
import { eventually } from '../eventually.ts';
import { startStandInBird, type StandInBird, type StandInPeer } from './stand-in-bird.ts';

const run = promisify(execFile);
/** A guard against hanging. */
const startMs = 120_000;
const resources = '/calico/resources/v3/projectcalico.org/';

export interface LoneNode {
  readonly client: UnixHttpClient;
  readonly stateDirectory: string;
  /** see die-at.cjs */
  start(how?: StartHow): Promise<void>;
  /** Resolves when it was killed, or ended. */
  ended(): Promise<void>;
  isRunning(): boolean;
  kill(signal: NodeJS.Signals): Promise<void>;
  send(signal: NodeJS.Signals): void;
  status(): Promise<AgentStatus>;
  log(): Promise<string>;
  /** Without data that only other programs than the agent read: leases, reports. */
  peers(): Promise<readonly StandInPeer[]>;
  /** Rules and routes of a guard, as the kernel lists them. */
  guard(): Promise<readonly string[]>;
  readonly bird: Pick<StandInBird, 'behave'>;
  readonly datastore: Pick<RunningEtcd, 'pause' | 'resume'>;
  /** In MB of 2^20 bytes. */
  resident(): Promise<number>;
  /** A state with which another node may begin; only while the daemon does not run. */
  remember(): Promise<Remembered>;
  close(): Promise<void>;
}

/** A stopped daemon, and the datastore that it has written. */
export interface Remembered {
  /** Texts by their paths in the state directory. */
  readonly files: ReadonlyMap<string, string>;
  readonly keys: ReadonlyMap<string, string>;
}

export interface StartHow {
  /** The point after which it is killed. */
  readonly point?: string;
  /** Receives a line for each action of the daemon. */
  readonly trace?: string;
  /** The jump of its wall clock on SIGUSR2. */
  readonly jumpMs?: number;
}

export interface LoneNodeOptions {
  readonly name: string;
  /** Additional settings for agent.yaml. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Absent: nothing was applied. */
  readonly from?: Remembered;
  /** The state directory is a disk of its own, of this size. */
  readonly stateMegabytes?: number;
}

export async function createLoneNode(options: LoneNodeOptions): Promise<LoneNode> {
  const folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-kill-'));
  await makeNamespace(options.name);
  const within = ['ip', 'netns', 'exec', options.name];
  const etcd = await startEtcd({ within });
  await fill(etcd, options.from?.keys ?? firstKeys);
  const { stateMegabytes } = options;
  if (stateMegabytes !== undefined) await mountDisk(path.join(folder, 'state'), stateMegabytes);
  if (options.from !== undefined) await writeFiles(path.join(folder, 'state'), options.from.files);
  const known = watchPeers(etcd, within);
  const bird = await startStandInBird(path.join(folder, 'bird.ctl'), known.peers);
  await writeSettings(folder, etcd, options);
  return nodeOf({ ...options, folder, within, etcd, bird, known });
}

interface Parts extends LoneNodeOptions {
  readonly folder: string;
  readonly within: readonly string[];
  readonly etcd: RunningEtcd;
  readonly bird: StandInBird;
  readonly known: KnownPeers;
}

function nodeOf(parts: Parts): LoneNode {
  const { name, folder, within, etcd, bird, known, stateMegabytes } = parts;
  const at = (file: string): string => path.join(folder, file);
  const client = createUnixHttpClient(at('agent.sock'), { startHint: 'createLoneNode' });
  let child: ChildProcess | undefined;
  const isRunning = (): boolean =>
    child !== undefined && child.exitCode === null && child.signalCode === null;
  const ended = async (): Promise<void> => {
    if (child !== undefined && isRunning()) await once(child, 'exit');
  };
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    child?.kill(signal);
    await ended();
  };
  const guard = (): Promise<readonly string[]> => guardIn(name);
  return {
    client,
    bird,
    datastore: etcd,
    resident: async () => {
      const text = await readFile(`/proc/${String(child?.pid)}/status`, 'utf8');
      return Number(/^VmRSS:\s+(\d+) kB/m.exec(text)?.[1]) / 1024;
    },
    stateDirectory: at('state'),
    isRunning,
    ended,
    kill,
    send: (signal) => void child?.kill(signal),
    peers: () => readPeers(etcd),
    guard,
    start: async (how = {}) => {
      child = startDaemon(folder, within, how);
      await eventually(async () => {
        if (!isRunning()) return;
        await client.request({ method: 'GET', path: '/v1/health' });
      }, startMs);
    },
    status: async () => {
      const { body } = await client.request({ method: 'GET', path: '/v1/status' });
      const status: unknown = JSON.parse(body);
      if (!isAgentStatus(status)) throw new Error(`no status: ${body}`);
      return status;
    },
    log: () => readFile(at('agent.log'), 'utf8'),
    remember: async () => ({ files: await readFiles(at('state')), keys: await everything(etcd) }),
    close: async () => {
      await kill('SIGKILL');
      await bird.close();
      known.stop();
      await etcd.stop();
      await run('ip', ['netns', 'del', name]);
      if (stateMegabytes !== undefined) await run('umount', [at('state')]);
      await rm(folder, { recursive: true });
    },
  };
}

async function mountDisk(folder: string, megabytes: number): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  const options = `size=${String(megabytes)}m,mode=700`;
  await run('mount', ['-t', 'tmpfs', '-o', options, 'calico-agent-test', folder]);
}

function startDaemon(folder: string, within: readonly string[], how: StartHow): ChildProcess {
  const log = openSync(path.join(folder, 'agent.log'), 'a');
  const [program = '', ...args] = [
    ...within,
    process.execPath,
    ...preload('die-at.cjs'),
    ...(how.jumpMs === undefined ? [] : preload('jump-clock.cjs')),
    ...[path.resolve('dist/calico-agent.js'), 'run'],
    ...['--config', path.join(folder, 'agent.yaml')],
  ];
  const { point, trace, jumpMs } = how;
  const env = {
    PATH: process.env['PATH'],
    ...(point !== undefined && { DIE_AT: point }),
    ...(trace !== undefined && { DIE_TRACE: trace }),
    ...(jumpMs !== undefined && { JUMP_MS: String(jumpMs) }),
  };
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', log], env });
  closeSync(log);
  return child;
}

function preload(file: string): readonly string[] {
  return ['--require', path.resolve('test/support/lone-node', file)];
}

/** One uplink, and routes as BIRD would have learnt them. */
async function makeNamespace(name: string): Promise<void> {
  await run('ip', ['netns', 'add', name]);
  const inside = (...args: readonly string[]): Promise<unknown> => run('ip', ['-n', name, ...args]);
  await inside('link', 'set', 'lo', 'up');
  await inside('link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'uplink');
  for (const device of ['eth0', 'uplink']) await inside('link', 'set', device, 'up');
  await inside('address', 'add', '10.0.0.2/24', 'dev', 'eth0');
  for (const [block, via] of [
    ['192.168.1.0/26', '10.0.0.1'],
    ['192.168.2.0/26', '10.0.0.3'],
  ] as const) {
    await inside('route', 'add', block, 'via', via, 'proto', String(birdProtocol));
  }
}

const firstObjects = [
  {
    at: 'clusterinformations',
    kind: 'ClusterInformation',
    name: 'default',
    spec: { datastoreReady: true },
  },
  { at: 'nodes', kind: 'Node', name: 'node-0', spec: { bgp: { ipv4Address: '10.0.0.2/24' } } },
] as const;

const firstKeys: ReadonlyMap<string, string> = new Map(
  firstObjects.map(({ at, kind, name, spec }) => [
    `${resources}${at}/${name}`,
    JSON.stringify({ apiVersion: 'projectcalico.org/v3', kind, metadata: { name }, spec }),
  ]),
);

async function fill(etcd: RunningEtcd, keys: ReadonlyMap<string, string>): Promise<void> {
  for (const [key, value] of keys) await etcd.put(key, value);
}

async function readFiles(folder: string): Promise<ReadonlyMap<string, string>> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = found
    .filter((one) => one.isFile())
    .map(async ({ parentPath, name }): Promise<[string, string]> => {
      const file = path.join(parentPath, name);
      return [path.relative(folder, file), await readFile(file, 'utf8')];
    });
  return new Map(await Promise.all(files));
}

async function writeFiles(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  for (const [name, text] of files) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, text, { mode: 0o600 });
  }
}

async function writeSettings(
  folder: string,
  etcd: RunningEtcd,
  { settings }: LoneNodeOptions,
): Promise<void> {
  const at = (file: string): string => path.join(folder, file);
  const document = {
    apiVersion: 'calico-agent/v1',
    kind: 'AgentConfig',
    node: { name: 'node-0', addresses: ['10.0.0.2/24'] },
    stateDirectory: at('state'),
    socket: at('agent.sock'),
    statusSocket: at('status.sock'),
    datastore: { driver: 'etcd', endpoints: [etcd.endpoint] },
    bird: { sockets: [at('bird.ctl')] },
    ...settings,
  };
  await writeFile(at('agent.yaml'), JSON.stringify(document));
}

interface KnownPeers {
  readonly peers: () => Promise<readonly StandInPeer[]>;
  stop(): void;
}

/**
 * Reads them anew after each change, because a process for each question would be too much for many
 * nodes.
 */
function watchPeers(etcd: RunningEtcd, within: readonly string[]): KnownPeers {
  const [program = '', ...args] = [
    ...within,
    ...['etcdctl', '--endpoints', etcd.endpoint, 'watch', '--prefix', `${resources}bgppeers/`],
  ];
  const env = { PATH: process.env['PATH'], ETCDCTL_API: '3' };
  const watch = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'], env });
  let peers: Promise<readonly StandInPeer[]> | undefined;
  watch.stdout.on('data', () => {
    peers = undefined;
  });
  return {
    peers: () => (peers ??= readPeers(etcd)),
    stop: () => void watch.kill(),
  };
}

async function readPeers(etcd: RunningEtcd): Promise<readonly StandInPeer[]> {
  const stored = await everything(etcd, `${resources}bgppeers/`);
  return [...stored.values()]
    .flatMap((text) => {
      const peer: unknown = JSON.parse(text);
      const [address, asNumber] = [
        valueAt(valueAt(peer, 'spec'), 'peerIP'),
        valueAt(valueAt(peer, 'spec'), 'asNumber'),
      ];
      return typeof address === 'string' && typeof asNumber === 'number'
        ? [{ address, asNumber }]
        : [];
    })
    .sort((a, b) => a.address.localeCompare(b.address));
}

async function everything(etcd: RunningEtcd, prefix = '/'): Promise<ReadonlyMap<string, string>> {
  const answer: unknown = JSON.parse(await etcd.etcdctl('get', '--prefix', prefix, '-w', 'json'));
  const decode = (value: unknown): string => Buffer.from(String(value), 'base64').toString();
  return new Map(
    listAt(answer, 'kvs')
      .filter(isMap)
      .map((one) => [decode(one['key']), decode(one['value'])]),
  );
}

async function guardIn(name: string): Promise<readonly string[]> {
  const list = async (...args: readonly string[]): Promise<readonly string[]> => {
    const { stdout } = await run('ip', ['-n', name, '-N', ...args]);
    return stdout.split('\n').filter((line) => / proto(col)? 203\b/.test(line));
  };
  const number = String(guardProtocol);
  return (
    await Promise.all([
      list('-4', 'rule', 'show'),
      list('-6', 'rule', 'show'),
      list('-4', 'route', 'show', 'table', 'all', 'proto', number),
      list('-6', 'route', 'show', 'table', 'all', 'proto', number),
    ])
  ).flat();
}
