/**
 * A twentieth of the agents stops reading while large configurations go out: what the others and the memory
 * of the controller notice of it, beside a run in which all read.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { get } from '../measure.ts';
import type { Arrival } from '../simulator/simulator.ts';
import { configText, putConfig } from './push.ts';
import { sinceEpochMs } from './meter.ts';
import { connectFleet, openLab, startSide, type Side } from './sides.ts';
import { agentsFor, loadText, progress, roundsFor, verdict } from './shown.ts';

const share = 0.05;
const configBytes = 256 * 1024;
const mb = 2 ** 20;
const pauseMs = 50;
const mostCutMs = 180_000;

interface Run {
  /** Of the time from a push to its arrival at an agent that reads, in ms. */
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
    `${String(pushes)} configurations of 256 KB to ${String(agents)} agents, of which a twentieth does not read; ${loadText()}`,
  );
  const calm = await run(agents, pushes, false);
  const stalled = await run(agents, pushes, true);
  for (const [name, one] of [['all read', calm] as const, ['some stalled', stalled] as const]) {
    const { p99Ms, buffersMb, rssMb } = one;
    console.log(
      `  ${name}: p99 ${p99Ms.toFixed(0)} ms, buffers at most ${buffersMb.toFixed(1)} MB, RSS at most ${rssMb.toFixed(0)} MB`,
    );
  }
  verdict('p99 of the others', stalled.p99Ms / calm.p99Ms, 1.1);
  const shared = (pushes * configBytes) / mb;
  verdict('MB of buffers more', stalled.buffersMb - calm.buffersMb, shared);
  verdict('seconds until the stalled ones are cut off', stalled.cutS ?? Number.NaN, 30);
}

async function run(agents: number, pushes: number, stalls: boolean): Promise<Run> {
  const lab = await openLab(false);
  const side = await startSide('controller', lab);
  const fleet = await connectFleet(side, lab, { agents });
  await putConfig(side, configText(0, configBytes));
  await wait(1000);
  await fleet.ask('resetCounts');
  if (stalls) await fleet.ask('stall', share);
  const most = sampleMemory(side);
  const left = Math.floor(agents * (1 - share));
  const cut = stalls ? untilCut(side, left, sinceEpochMs()) : undefined;
  const pushedAt = new Map<number, number>();
  for (let push = 1; push <= pushes; push += 1) {
    // Number 1 was the one before.
    pushedAt.set(push + 1, sinceEpochMs());
    await putConfig(side, configText(push, configBytes));
    await wait(pauseMs);
    if (push % 50 === 0) progress(`${String(push)} of ${String(pushes)} configurations`);
  }
  await wait(1000);
  const { rss, arrayBuffers } = most();
  const arrivals = await fleet.ask<readonly Arrival[]>('arrivals');
  const cutS = await cut;
  for (const child of [fleet, side.child]) await child.kill();
  lab.close();
  const p99Ms = p99(arrivals.map(({ number, atMs }) => atMs - (pushedAt.get(number) ?? atMs)));
  return { p99Ms, buffersMb: arrayBuffers / mb, rssMb: rss / mb, cutS };
}

interface MostMemory {
  readonly rss: number;
  readonly arrayBuffers: number;
}

/** @returns a function that ends it, and gives the most of each */
function sampleMemory({ child }: Side): () => MostMemory {
  let most: MostMemory = { rss: 0, arrayBuffers: 0 };
  const sample = async (): Promise<void> => {
    const { rss, arrayBuffers } = await child.ask<MostMemory>('memoryNow');
    const buffers = Math.max(arrayBuffers, most.arrayBuffers);
    most = { rss: Math.max(rss, most.rss), arrayBuffers: buffers };
  };
  const sampling = setInterval(() => void sample(), 100);
  return () => {
    clearInterval(sampling);
    return most;
  };
}

/** The controller's word counts: an agent that does not read does not notice its end. */
async function untilCut(
  { socket }: Side,
  left: number,
  began: number,
): Promise<number | undefined> {
  while (sinceEpochMs() - began < mostCutMs) {
    const { connected }: { readonly connected: number } = JSON.parse(
      await get(socket, '/v1/status'),
    );
    if (connected <= left) return (sinceEpochMs() - began) / 1000;
    await wait(100);
  }
  return undefined;
}

function p99(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;
}
