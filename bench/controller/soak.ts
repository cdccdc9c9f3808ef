/**
 * Heartbeats and configurations for a long while: whether the memory of the controller, and of the agents'
 * side of the channel, grows. Ten points show whether it grows with each configuration, or only at first.
 */
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { agentConfig, agentProgram } from '../agent/daemon.ts';
import { residentMb, start, stop, type Running } from '../measure.ts';
import { configText, putConfig } from './push.ts';
import type { Memory } from './meter.ts';
import { cluster, connectFleet, openLab, startSide, type Lab, type Side } from './sides.ts';
import { agentsFor, loadText, progress, roundsFor, verdict } from './shown.ts';

const mb = 2 ** 20;
/** Heartbeats of each agent for each configuration: 10^6 beside 10^4 with 100 agents. */
const beats = 1;
const points = 10;
const realAgent = 'node-0';
const idleMs = 8000;
/**
 * Configurations before the growth is counted. Until then V8's young space grows to its limit of 48 MB, the code that
 * runs for each configuration is compiled, and the tables with a limit fill up. None of that comes again.
 */
const warmUp = 2000;

interface Point {
  /** Configurations so far. */
  readonly count: number;
  readonly controller: Memory;
  readonly agents: Memory;
  /** RSS of an agent in a process of its own, in MB. */
  readonly agentMb: number;
  /** Files of the controller, in MB. */
  readonly diskMb: number;
}

export async function benchFleetSoak(): Promise<void> {
  const agents = agentsFor(100, 100);
  const rounds = roundsFor(300, 10_000);
  console.log(
    `${String(rounds)} configurations and ${String(rounds * beats * agents)} heartbeats of ${String(agents)} agents; ${loadText()}`,
  );
  const lab = await openLab(false);
  const side = await startSide('controller', lab);
  const fleet = await connectFleet(side, lab, { agents, reaches: 'confirmed' });
  await side.child.ask('count', realAgent);
  const agent = await startAgent(lab, side);
  const seen: Point[] = [];
  const began = performance.now();
  for (let round = 1; round <= rounds; round += 1) {
    await putConfig(side, configText(round, 2048));
    await fleet.ask('beat', beats);
    if (Math.floor((round * points) / rounds) === seen.length) continue;
    await fleet.ask('resetCounts');
    const controller = await side.child.ask<Memory>('memory');
    const simulated = await fleet.ask<Memory>('memory');
    // The daemon collects its garbage when it is idle.
    await wait(idleMs);
    const agentMb = await residentMb(agent);
    const diskMb = (await sizeOf(path.join(lab.folder, 'state'))) / mb;
    const point = { count: round, controller, agents: simulated, agentMb, diskMb };
    seen.push(point);
    const seconds = (performance.now() - began) / 1000;
    progress(`after ${seconds.toFixed(0)} s: ${pointText(point)}`);
  }
  const { welcome } = await fleet.ask<{ readonly welcome: number }>('counts');
  const received = await side.child.ask<number>('received');
  await stop(agent);
  for (const child of [fleet, side.child]) await child.kill();
  lab.close();
  for (const point of seen) console.log(`  ${pointText(point)}`);
  console.log(
    `  ${String(welcome)} of ${String(agents)} still connected; the agent took ${String(received)} of the configurations, the newest each time`,
  );
  showGrowth(seen);
}

/** The first point is shown as well: what a run grows by before it is warm. */
function showGrowth(seen: readonly Point[]): void {
  const warm = seen.filter(({ count }) => count >= warmUp);
  const [first, last] = [warm[0], warm.at(-1)];
  if (first === undefined || last === undefined || first === last) {
    console.log(
      `  growth is counted after ${String(warmUp)} configurations, which this run does not have`,
    );
    verdict('MB of the controller more', Number.NaN, 2);
    return;
  }
  for (const name of ['controller', 'agents'] as const) {
    const of = (what: keyof Memory): string =>
      slope(warm.map(({ count, [name]: memory }) => [count, memory[what] / mb])).toFixed(2);
    console.log(
      `  MB of the ${name} more for 1,000 configurations: ${of('rss')} of RSS, ${of('heapUsed')} of heap`,
    );
  }
  const agentSlope = slope(warm.map(({ count, agentMb }) => [count, agentMb]));
  console.log(`  MB of the agent more for 1,000 configurations: ${agentSlope.toFixed(2)} of RSS`);
  verdict('MB of the controller more', (last.controller.rss - first.controller.rss) / mb, 2);
  verdict('the controller against before', last.controller.rss / first.controller.rss, 1.02);
  verdict('MB of the agent more', last.agentMb - first.agentMb, 2);
  verdict('the agent against before', last.agentMb / first.agentMb, 1.02);
  verdict('MB of the simulated agents more', (last.agents.rss - first.agents.rss) / mb, 2);
}

/** The daemon, with its resources in files. */
async function startAgent({ folder }: Lab, { url }: Side): Promise<Running> {
  const own = path.join(folder, 'agent');
  await mkdir(own);
  const address = url.slice(0, url.lastIndexOf('/v1/'));
  const controller = { url: address, cluster, tokenFile: path.join(folder, 'token') };
  const config = await agentConfig(own, {
    controller,
    datastore: { driver: 'files', directory: path.join(own, 'resources'), for: 'calicoctl' },
    changes: { confirmSeconds: { apply: 0, juju: 0, controller: 0 } },
  });
  const args = [agentProgram(), 'run', '--config', config];
  return start(args, path.join(own, 'agent.sock'), '/v1/status');
}

function pointText({ count, controller, agents, agentMb, diskMb }: Point): string {
  const text = ({ rss, heapUsed, heapTotal, external }: Memory): string =>
    `${(rss / mb).toFixed(1)} MB (heap ${(heapUsed / mb).toFixed(1)} of ${(heapTotal / mb).toFixed(1)}, external ${(external / mb).toFixed(1)})`;
  return `${String(count)} configurations: controller ${text(controller)}, simulated agents ${text(agents)}, agent ${agentMb.toFixed(1)} MB, files of the controller ${diskMb.toFixed(1)} MB`;
}

/** By least squares, for 1,000 on the x-axis. */
function slope(pairs: readonly (readonly [x: number, y: number])[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const middle = mean(pairs.map(([x]) => x));
  const level = mean(pairs.map(([, y]) => y));
  const both = mean(pairs.map(([x, y]) => (x - middle) * (y - level)));
  return (1000 * both) / mean(pairs.map(([x]) => (x - middle) ** 2));
}

/** @returns bytes of all files in a folder */
async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += (await stat(path.join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}
