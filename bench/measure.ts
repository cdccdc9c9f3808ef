/** Parts that all benchmarks share: medians, the machine's data, and a program under measurement. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import os from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('a median needs at least one value');
  return middle;
}

export function describeMachine(): string {
  const [cpu] = os.cpus();
  const memory = (os.totalmem() / 2 ** 30).toFixed(0);
  return [
    `node ${process.version}, V8 ${process.versions.v8}`,
    `${os.type()} ${os.release()} ${os.arch()}`,
    `${String(os.availableParallelism())} × ${cpu?.model ?? 'unknown processor'}`,
    `${memory} GiB`,
  ].join(', ');
}

export interface Running {
  readonly process: ChildProcess;
  readonly socket: string;
  /** From the start of the process to the first answer on its socket, in ms. */
  readonly startMs: number;
}

/** Starts `node` with these arguments and waits for the first answer on the socket. */
export async function start(
  args: readonly string[],
  socket: string,
  path: string,
): Promise<Running> {
  const began = performance.now();
  // As a unit starts it: what this shell's variables say about certificates brings lines of log.
  const env = { PATH: process.env['PATH'] ?? '' };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${args.join(' ')} ended by itself`);
    const answered = await get(socket, path).then(
      () => true,
      () => false,
    );
    if (answered) return { process: child, socket, startMs: performance.now() - began };
    await nextTurn();
  }
}

export async function stop({ process: child }: Running): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

/** Resident memory of a process, in MB (10⁶ bytes would flatter: these are 2²⁰). */
export async function residentMb({ process: child }: Running): Promise<number> {
  const text = await readFile(`/proc/${String(child.pid)}/status`, 'utf8');
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(text)?.[1];
  if (kib === undefined) throw new Error('cannot read the memory of the process');
  return Number(kib) / 1024;
}

export interface HttpOptions {
  readonly method?: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly agent?: Agent;
}

/** One request; resolves with the answer's text, rejects when it is not a 2xx. */
export function get(socketPath: string, path: string, options: HttpOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers =
      options.contentType === undefined ? {} : { 'content-type': options.contentType };
    const { method = 'GET', agent } = options;
    const call = request(
      { socketPath, path, method, headers, ...(agent === undefined ? {} : { agent }) },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const { statusCode = 0 } = response;
          if (statusCode >= 200 && statusCode < 300) resolve(text);
          else reject(new Error(`${method} ${path}: ${String(statusCode)} ${text}`));
        });
      },
    );
    call.on('error', reject);
    call.end(options.body);
  });
}

/** Microseconds per request, one after another. */
export async function latency(
  socket: string,
  path: string,
  count: number,
  kept: boolean,
): Promise<number> {
  const agent = new Agent({ keepAlive: kept, maxSockets: 1 });
  const began = performance.now();
  for (let index = 0; index < count; index += 1) await get(socket, path, { agent });
  const micros = ((performance.now() - began) / count) * 1000;
  agent.destroy();
  return micros;
}
