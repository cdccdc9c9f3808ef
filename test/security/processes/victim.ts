/** A built daemon under attack, as a process of its own: its usage, its log and its answers. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { createUnixHttpClient } from '../../../runtime/http/unix-client.ts';
import { eventually } from '../../support/eventually.ts';

export interface Victim {
  readonly pid: number;
  /** Every line of the log so far. */
  readonly log: readonly string[];
  /** GET /v1/status on this socket, and its time without the waits for a processor. */
  status(socket: string): Promise<{ readonly body: string; readonly milliseconds: number }>;
  /** The most memory that was resident since the start, in MB. */
  peakMegabytes(): Promise<number>;
  isAlive(): boolean;
  /** By default SIGKILL. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

const startMs = 120_000;

/**
 * @param socket answers when the daemon has started
 * @param environment more variables for it
 */
export async function startVictim(
  program: 'calico-agent' | 'calico-controller',
  argv: readonly string[],
  socket: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Victim> {
  const file = path.resolve('dist', `${program}.js`);
  const child = spawn(process.execPath, [file, ...argv], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const log: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line));
  const exited = once(child, 'exit');
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${program}`);
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null;
  const waited = async (): Promise<number> =>
    (await waitedForProcessor(pid)) + (await waitedForProcessor(process.pid));
  const status: Victim['status'] = async (asked) => {
    const waitedBefore = await waited();
    const began = performance.now();
    const client = createUnixHttpClient(asked, { startHint: '' });
    const answer = await client.request({ method: 'GET', path: '/v1/status', timeoutMs: 10_000 });
    const tookMs = performance.now() - began;
    const milliseconds = tookMs - ((await waited()) - waitedBefore);
    return { body: answer.body, milliseconds };
  };
  await eventually(async () => {
    if (!isAlive()) throw new Error(`it ended: ${log.join('\n')}`);
    await status(socket);
  }, startMs);
  return {
    pid,
    log,
    status,
    peakMegabytes: async () => {
      const text = await readFile(`/proc/${String(pid)}/status`, 'utf8');
      return Number(/^VmHWM:\s+(\d+) kB$/m.exec(text)?.[1]) / 1024;
    },
    isAlive,
    stop: async (signal = 'SIGKILL') => {
      child.kill(signal);
      await exited;
    },
  };
}

/** The longest time of the victim's status, asked again and again until a promise ends. */
export async function slowestStatus(
  victim: Victim,
  socket: string,
  until: Promise<unknown>,
): Promise<number> {
  const over = until.then(() => true);
  let slowest = 0;
  for (;;) {
    slowest = Math.max(slowest, (await victim.status(socket)).milliseconds);
    if (await Promise.race([over, passed(50).then(() => false)])) return slowest;
  }
}

/**
 * The time for which a process had to wait for a processor so far, in ms: a busy machine takes it
 * from every process, so it is no fault of the victim. Documentation/scheduler/sched-stats.rst, 0
 * when the kernel does not count it.
 */
async function waitedForProcessor(pid: number): Promise<number> {
  const file = `/proc/${String(pid)}/schedstat`;
  const text = await readFile(file, 'utf8').catch(() => '0 0 0');
  return Number(text.split(' ')[1]) / 1e6;
}

export function passed(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
