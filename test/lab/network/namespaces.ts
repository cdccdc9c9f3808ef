/**
 * Network namespaces of this run. Their names contain the process that made them. Before one is
 * removed, every process in it is killed, so nothing is left after any end of a run.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

const run = promisify(execFile);

const prefix = 'calico-lab';

let fabrics = 0;

export interface Namespaces {
  /** The name by which `ip` knows it. */
  fullName(name: string): string;
  /** Makes it, with forwarding and without reverse-path filters. */
  add(name: string): Promise<void>;
  /** Lines for `ip -batch` in it. */
  ip(name: string, ...lines: readonly string[]): Promise<void>;
  /** The output of a command in it. */
  run(name: string, ...command: readonly string[]): Promise<string>;
  /** Ends the processes in it. */
  endProcesses(name: string): Promise<void>;
  removeAll(): Promise<void>;
}

export function createNamespaces(): Namespaces {
  fabrics += 1;
  const ours = `${prefix}-${String(process.pid)}-${String(fabrics)}`;
  const made: string[] = [];
  const fullName = (name: string): string => `${ours}-${name}`;
  return {
    fullName,
    add: async (name) => {
      made.push(fullName(name));
      await run('ip', ['netns', 'add', fullName(name)]);
      await within(fullName(name), 'sysctl', '-qw', ...settings);
      await batch(fullName(name), ['link set lo up']);
    },
    ip: (name, ...lines) => batch(fullName(name), lines),
    run: (name, ...command) => within(fullName(name), ...command),
    endProcesses: (name) => endProcesses(fullName(name)),
    removeAll: async () => {
      await Promise.all(made.splice(0).map(remove));
    },
  };
}

/** Those that earlier runs did not remove: their process is gone. */
export async function removeStaleNamespaces(): Promise<void> {
  const { stdout } = await run('ip', ['netns', 'list']);
  for (const [name, pid] of stdout.matchAll(new RegExp(`^${prefix}-(\\d+)-[^ \n]+`, 'gm')))
    if (!isAlive(Number(pid))) await remove(name);
}

const settings = [
  'net.ipv4.ip_forward=1',
  'net.ipv4.conf.all.rp_filter=0',
  'net.ipv4.conf.default.rp_filter=0',
  'net.ipv4.fib_multipath_hash_policy=1',
  'net.ipv6.conf.all.forwarding=1',
  'net.ipv6.conf.default.accept_dad=0',
];

async function within(namespace: string, ...command: readonly string[]): Promise<string> {
  const { stdout } = await run('ip', ['netns', 'exec', namespace, ...command], {
    maxBuffer: 2 ** 26,
  });
  return stdout;
}

async function batch(namespace: string, lines: readonly string[]): Promise<void> {
  const ip = spawn('ip', ['-n', namespace, '-batch', '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
  let errors = '';
  ip.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const ended = once(ip, 'close');
  ip.stdin.end(`${lines.join('\n')}\n`);
  await ended;
  if (ip.exitCode !== 0) throw new Error(`ip -n ${namespace}: ${errors}\n${lines.join('\n')}`);
}

async function endProcesses(namespace: string): Promise<void> {
  for (;;) {
    const { stdout } = await run('ip', ['netns', 'pids', namespace]);
    const pids = stdout.split('\n').filter((line) => line !== '');
    if (pids.length === 0) return;
    for (const pid of pids) kill(Number(pid));
  }
}

async function remove(namespace: string): Promise<void> {
  await endProcesses(namespace);
  await run('ip', ['netns', 'del', namespace]);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
