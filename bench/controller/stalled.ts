/**
 * A twentieth of the agents stops reading while large configurations go out: what the others and the memory
 * of the controller notice of it, beside runs in which all read.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { get, median } from '../measure.ts';
import type { Arrival } from '../simulator/simulator.ts';
import { configText, putConfig } from './push.ts';
import { sinceEpochMs } from './meter.ts';
import { connectFleet, openLab, startSide, type Side } from './sides.ts';
import { agentsFor, loadText, progress, roundsFor, verdict } from './shown.ts';

const share = 0.05;
const configBytes = 256 * 1024;
const mb = 2 ** 20;
const pauseMs = 50;
/** Runs of each kind, because the p99 of a single one says little. */
const pairs = 3;
const mostCutMs = 180_000;

interface Run {
  /** Of the times from a push to its arrival at an agent that reads, in ms. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The most memory of buffers while configurations went out, in MB. */
  readonly buffersMb: number;
  readonly rssMb: number;
  /** From the first push until all stalled agents were cut off, in s. */
  readonly cutS: number | undefined;
}

export async function benchFleetStalled(): Promise<void> {
  const agents = agentsFor(200, 200);
  const pushes = roundsFor(40, 200);
  console.log(
    `${String(pushes)} configurations of 256 KB to ${String(agents)} agents, of which a twentieth does not read; medians of ${String(pairs)} runs of each, alternating; ${loadText()}`,
  );
  const calm: Run[] = [];
  const stalled: Run[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    for (const [name, runs] of [['all read', calm] as const, ['some stalled', stalled] as const]) {
      const one = await run(agents, pushes, name === 'some stalled');
      runs.push(one);
      const { p50Ms, p99Ms, buffersMb, rssMb, cutS } = one;
      const cut = cutS === undefined ? '' : `, cut off after ${cutS.toFixed(1)} s`;
      console.log(
        `  ${name}: p50 ${p50Ms.toFixed(0)} ms, p99 ${p99Ms.toFixed(0)} ms, buffers at most ${buffersMb.toFixed(1)} MB, RSS at most ${rssMb.toFixed(0)} MB${cut}`,
      );
    }
  }
  const of = (runs: readonly Run[], what: (run: Run) => number): number => median(runs.map(what));
  const more = (what: (run: Run) => number): number => of(stalled, what) - of(calm, what);
  verdict('p99 of the others', of(stalled, p99Of) / of(calm, p99Of), 1.1);
  // One waits for each stalled agent, at worst another one for each.
  const shared = (Math.min(pushes, Math.ceil(agents * share)) * configBytes) / mb;
  verdict(
    'MB of buffers more',
    more(({ buffersMb }) => buffersMb),
    shared,
  );
  // The slowest counts.
  const cuts = stalled.map(({ cutS }) => cutS ?? Number.NaN);
  verdict('seconds until the stalled ones are cut off', Math.max(...cuts), 30);
}

function p99Of({ p99Ms }: Run): number {
  return p99Ms;
}

async function run(agents: number, pushes: number, stalls: boolean): Promise<Run> {
  const lab = await openLab(false);
  const side = await startSide('controller', lab);
  const fleet = await connectFleet(side, lab, { agents });
  await putConfig(side, configText(0, configBytes));
  await wait(1000);
  await fleet.ask('resetCounts');
  if (stalls) await fleet.ask('stall', share);
  const began = sinceEpochMs();
  const watch = watchSide(side, Math.floor(agents * (1 - share)));
  const pushedAt = new Map<number, number>();
  for (let push = 1; push <= pushes; push += 1) {
    // Number 1 was the one before.
    pushedAt.set(push + 1, sinceEpochMs());
    await putConfig(side, configText(push, configBytes));
    await wait(pauseMs);
    if (push % 50 === 0) progress(`${String(push)} of ${String(pushes)} configurations`);
  }
  await wait(1000);
  const arrivals = await fleet.ask<readonly Arrival[]>('arrivals');
  while (stalls && watch.seen.cutAtMs === undefined && sinceEpochMs() - began < mostCutMs) {
    await wait(100);
  }
  const { rss, arrayBuffers, cutAtMs } = watch.end();
  for (const child of [fleet, side.child]) await child.kill();
  lab.close();
  const times = arrivals
    .map(({ number, atMs }) => atMs - (pushedAt.get(number) ?? atMs))
    .toSorted((one, other) => one - other);
  const quantile = (q: number): number => times[Math.floor(times.length * q)] ?? Number.NaN;
  const cutS = cutAtMs === undefined ? undefined : (cutAtMs - began) / 1000;
  const memory = { buffersMb: arrayBuffers / mb, rssMb: rss / mb };
  return { p50Ms: quantile(0.5), p99Ms: quantile(0.99), ...memory, cutS };
}

interface MostMemory {
  readonly rss: number;
  readonly arrayBuffers: number;
}

interface Seen extends MostMemory {
  /** When no more than those that read were connected, in ms since 1970. */
  readonly cutAtMs: number | undefined;
}

/** The same questions in both kinds of runs, because the answers take time of the controller. */
function watchSide(
  { child, socket }: Side,
  left: number,
): { readonly seen: Seen; readonly end: () => Seen } {
  const watch: { seen: Seen } = { seen: { rss: 0, arrayBuffers: 0, cutAtMs: undefined } };
  const sample = async (): Promise<void> => {
    const { rss, arrayBuffers } = await child.ask<MostMemory>('memoryNow');
    // The controller's word counts: an agent that does not read does not notice its end.
    const status: { readonly connected: number } = JSON.parse(await get(socket, '/v1/status'));
    const isCut = status.connected <= left;
    const before = watch.seen;
    watch.seen = {
      rss: Math.max(rss, before.rss),
      arrayBuffers: Math.max(arrayBuffers, before.arrayBuffers),
      cutAtMs: before.cutAtMs ?? (isCut ? sinceEpochMs() : undefined),
    };
  };
  const sampling = setInterval(() => void sample().catch(() => undefined), 100);
  return {
    get seen() {
      return watch.seen;
    },
    end: () => {
      clearInterval(sampling);
      return watch.seen;
    },
  };
}
