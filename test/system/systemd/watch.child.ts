/**
 * Run as root beside a unit under attack: asks its socket for the status again and again, until a
 * file has content and some time has passed, and prints its observations as JSON.
 */
import { readFile } from 'node:fs/promises';
import { createUnixHttpClient } from '../../../runtime/http/unix-client.ts';

export interface Watching {
  readonly socket: string;
  /** Path of the unit's control group. */
  readonly controlGroup: string;
  readonly untilContent: string;
  readonly thenMs: number;
}

export interface Watched {
  readonly answers: number;
  readonly slowestMs: number;
  /** The greatest memory of all processes of the unit, without the files that they map, in MB. */
  readonly peakMegabytes: number;
}

const given: Watching = JSON.parse(process.argv[2] ?? '{}');
const giveUpMs = 100_000;
console.log(JSON.stringify(await watch(given)));

async function watch({ socket, controlGroup, untilContent, thenMs }: Watching): Promise<Watched> {
  const client = createUnixHttpClient(socket, { startHint: '' });
  let [answers, slowestMs, peakMegabytes, over] = [0, 0, 0, giveUpMs];
  let isStanding = false;
  const began = performance.now();
  while (performance.now() - began < over) {
    const asked = performance.now();
    await client.request({ method: 'GET', path: '/v1/status', timeoutMs: 20_000 });
    answers += 1;
    slowestMs = Math.max(slowestMs, performance.now() - asked);
    peakMegabytes = Math.max(peakMegabytes, await megabytesOf(controlGroup));
    if (!isStanding && (await textOf(untilContent)) !== '') {
      isStanding = true;
      over = performance.now() - began + thenMs;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  if (!isStanding) throw new Error(`nothing in ${untilContent} after ${String(giveUpMs)} ms`);
  return { answers, slowestMs, peakMegabytes };
}

/** The memory of a control group of version 2 or 1. */
async function megabytesOf(controlGroup: string): Promise<number> {
  const places = ['', '/unified', '/systemd'];
  const lists = places.map((place) => textOf(`/sys/fs/cgroup${place}${controlGroup}/cgroup.procs`));
  const pids = new Set((await Promise.all(lists)).join('\n').split('\n').filter(Boolean));
  const statuses = await Promise.all([...pids].map((pid) => textOf(`/proc/${pid}/status`)));
  const kilobytes = statuses.map((text) => Number(/^RssAnon:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0));
  return kilobytes.reduce((sum, one) => sum + one, 0) / 1024;
}

async function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}
