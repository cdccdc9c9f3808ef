/**
 * Heartbeats and configurations for a long while: whether the memory of the controller, and of the agents'
 * side of the channel, grows.
 */
import { configText, putConfig } from './push.ts';
import type { Memory } from './meter.ts';
import { connectFleet, openLab, startSide } from './sides.ts';
import { agentsFor, loadText, progress, roundsFor, verdict } from './shown.ts';

const mb = 2 ** 20;
/** Heartbeats of each agent for each configuration: 10^6 beside 10^4 with 100 agents. */
const beats = 1;
/** Of the configurations, until nothing is new any more. */
const warmUp = 0.2;

export async function benchFleetSoak(): Promise<void> {
  const agents = agentsFor(100, 100);
  const rounds = roundsFor(300, 10_000);
  console.log(
    `${String(rounds)} configurations and ${String(rounds * beats * agents)} heartbeats of ${String(agents)} agents; ${loadText()}`,
  );
  const lab = await openLab(false);
  const side = await startSide('controller', lab);
  const fleet = await connectFleet(side, lab, { agents, reaches: 'confirmed' });
  const go = async (from: number, to: number): Promise<void> => {
    for (let round = from; round < to; round += 1) {
      await putConfig(side, configText(round, 2048));
      await fleet.ask('beat', beats);
      if (round % 100 === 99) progress(`${String(round + 1)} configurations`);
    }
    await fleet.ask('resetCounts');
  };
  const warm = Math.ceil(rounds * warmUp);
  await go(0, warm);
  const before = await side.child.ask<Memory>('memory');
  const agentsBefore = await fleet.ask<number>('memory');
  await go(warm, rounds);
  const after = await side.child.ask<Memory>('memory');
  const agentsAfter = await fleet.ask<number>('memory');
  const { welcome } = await fleet.ask<{ readonly welcome: number }>('counts');
  for (const child of [fleet, side.child]) await child.kill();
  lab.close();
  console.log(
    `  controller: ${(before.rss / mb).toFixed(1)} MB, then ${(after.rss / mb).toFixed(1)} (heap ${(before.heapUsed / mb).toFixed(1)}, then ${(after.heapUsed / mb).toFixed(1)}); agents: ${(agentsBefore / mb).toFixed(1)} MB, then ${(agentsAfter / mb).toFixed(1)}; ${String(welcome)} of ${String(agents)} still connected`,
  );
  verdict('MB of the controller more', (after.rss - before.rss) / mb, 2);
  verdict('the controller against before', after.rss / before.rss, 1.02);
  verdict('the agents against before', agentsAfter / agentsBefore, 1.02);
}
