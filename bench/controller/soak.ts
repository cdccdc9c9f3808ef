/**
 * Heartbeats and configurations for a long while: whether the memory of the controller, and of the agents'
 * side of the channel, grows. Ten points show whether it grows with each configuration, or only at first.
 */
import { configText, putConfig } from './push.ts';
import type { Memory } from './meter.ts';
import { connectFleet, openLab, startSide } from './sides.ts';
import { agentsFor, loadText, progress, roundsFor, verdict } from './shown.ts';

const mb = 2 ** 20;
/** Heartbeats of each agent for each configuration: 10^6 beside 10^4 with 100 agents. */
const beats = 1;
const points = 10;
/** Of these points, until nothing is new any more. */
const warmUp = 2;

interface Point {
  /** Configurations so far. */
  readonly count: number;
  readonly controller: Memory;
  readonly agents: Memory;
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
  const seen: Point[] = [];
  const began = performance.now();
  for (let round = 1; round <= rounds; round += 1) {
    await putConfig(side, configText(round, 2048));
    await fleet.ask('beat', beats);
    if (Math.floor((round * points) / rounds) === seen.length) continue;
    await fleet.ask('resetCounts');
    const controller = await side.child.ask<Memory>('memory');
    const point = { count: round, controller, agents: await fleet.ask<Memory>('memory') };
    seen.push(point);
    const seconds = (performance.now() - began) / 1000;
    progress(`after ${seconds.toFixed(0)} s: ${pointText(point)}`);
  }
  const { welcome } = await fleet.ask<{ readonly welcome: number }>('counts');
  for (const child of [fleet, side.child]) await child.kill();
  lab.close();
  for (const point of seen) console.log(`  ${pointText(point)}`);
  console.log(`  ${String(welcome)} of ${String(agents)} still connected`);
  const warm = seen.slice(warmUp - 1);
  for (const name of ['controller', 'agents'] as const) {
    const of = (what: keyof Memory): string =>
      slope(warm.map(({ count, [name]: memory }) => [count, memory[what] / mb])).toFixed(2);
    console.log(
      `  MB of the ${name} more for 1,000 configurations: ${of('rss')} of RSS, ${of('heapUsed')} of heap`,
    );
  }
  const [first, last] = [warm[0], warm.at(-1)];
  if (first === undefined || last === undefined) return;
  verdict('MB of the controller more', (last.controller.rss - first.controller.rss) / mb, 2);
  verdict('the controller against before', last.controller.rss / first.controller.rss, 1.02);
  verdict('MB of the agents more', (last.agents.rss - first.agents.rss) / mb, 2);
  verdict('the agents against before', last.agents.rss / first.agents.rss, 1.02);
}

function pointText({ count, controller, agents }: Point): string {
  const text = ({ rss, heapUsed, heapTotal, external }: Memory): string =>
    `${(rss / mb).toFixed(1)} MB (heap ${(heapUsed / mb).toFixed(1)} of ${(heapTotal / mb).toFixed(1)}, external ${(external / mb).toFixed(1)})`;
  return `${String(count)} configurations: controller ${text(controller)}, agents ${text(agents)}`;
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
