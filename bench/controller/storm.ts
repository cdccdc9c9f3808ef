/** The server is killed and down for a second: how long until all agents are back, beside raw ws. */
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Child } from '../children/ask-child.ts';
import { median } from '../measure.ts';
import type { SimulatorCounts } from '../simulator/simulator.ts';
import { pushOurs, pushRaw } from './push.ts';
import { sinceEpochMs } from './meter.ts';
import { connectFleet, openLab, portOf, startSide, type SideName } from './sides.ts';
import { agentsFor, loadText, profileFolder, progress, roundsFor, verdict } from './shown.ts';

const downMs = 1000;

interface Storm {
  readonly backMs: number;
  /** From the start of the process until it has read its state; part of backMs. */
  readonly readyMs: number;
  /** Of the main thread, from its start until then. */
  readonly startCpuMs: number;
  /** Of the main thread, since then. */
  readonly cpuMs: number;
  /** Of the simulated agents' main thread, from the kill on: they cannot be back sooner than in this time. */
  readonly fleetCpuMs: number;
  readonly counts: SimulatorCounts;
}

export async function benchFleetStorm(): Promise<void> {
  const transport = process.env['FLEET_TRANSPORT'];
  if (transport !== 'tls') await measure(agentsFor(2000, 10_000), false);
  if (transport !== 'plain') await measure(agentsFor(1000, 5000), true);
}

async function measure(agents: number, tls: boolean): Promise<void> {
  const transport = tls ? 'mutual TLS' : 'plain';
  const rounds = roundsFor(3, 3);
  console.log(
    `killed and down for 1 s, ${String(agents)} agents, ${transport}; from the kill until all are back; medians of ${String(rounds)}; ${loadText()}`,
  );
  const raw = await storms('raw ws', agents, tls, rounds);
  const ours = await storms('controller', agents, tls, rounds);
  const of = (runs: readonly Storm[], what: (run: Storm) => number): number =>
    median(runs.map(what));
  for (const [name, runs] of [['raw ws', raw] as const, ['controller', ours] as const]) {
    const attempts = of(runs, ({ counts }) => counts.attempts) / agents;
    const resumed = of(runs, ({ counts }) => counts.resumed) / agents;
    const cpu = (of(runs, ({ cpuMs }) => cpuMs) / agents) * 1000;
    const ready = of(runs, ({ readyMs }) => readyMs);
    const startCpu = of(runs, ({ startCpuMs }) => startCpuMs);
    const fleetCpu = of(runs, ({ fleetCpuMs }) => fleetCpuMs);
    console.log(
      `  ${name}: ${(of(runs, ({ backMs }) => backMs) / 1000).toFixed(2)} s, ${attempts.toFixed(2)} attempts per agent, ${(resumed * 100).toFixed(0)} % resumed, ${cpu.toFixed(0)} µs of CPU per agent after ${startCpu.toFixed(0)} ms for the start, ${ready.toFixed(0)} ms until it is ready; CPU of the simulated agents ${(fleetCpu / 1000).toFixed(2)} s`,
    );
  }
  verdict(`seconds, ${transport}`, of(ours, ({ backMs }) => backMs) / 1000, tls ? 7 : 3.5);
  verdict('attempts per agent', of(ours, ({ counts }) => counts.attempts) / agents, 3.5);
  verdict(
    'bytes of configurations sent again',
    of(ours, ({ counts }) => counts.receivedBytes),
    0,
  );
}

async function storms(
  name: SideName,
  agents: number,
  tls: boolean,
  rounds: number,
): Promise<readonly Storm[]> {
  const lab = await openLab(tls);
  let side = await startSide(name, lab);
  const fleet = await connectFleet(side, lab, { agents, reaches: 'confirmed' });
  await (name === 'raw ws' ? pushRaw(side, 3 * agents, 1) : pushOurs(side, 3 * agents, agents, 1));
  const profiles = profileFolder();
  const runs: Storm[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await wait(1000);
    await fleet.ask('resetCounts');
    const fleetBeforeMs = await fleet.ask<number>('cpuMs');
    const began = sinceEpochMs();
    await side.child.kill();
    await wait(downMs);
    const isProfiled = name === 'controller' && profiles !== undefined;
    if (profiles !== undefined) await fleet.ask('profile');
    const started = sinceEpochMs();
    side = await startSide(name, lab, { port: portOf(side), isProfiled });
    const readyMs = sinceEpochMs() - started;
    const startCpuMs = await side.child.ask<number>('cpuMs');
    const backMs = (await allBack(fleet, agents)) ? sinceEpochMs() - began : Number.NaN;
    const cpuMs = (await side.child.ask<number>('cpuMs')) - startCpuMs;
    const fleetCpuMs = (await fleet.ask<number>('cpuMs')) - fleetBeforeMs;
    const counts = await fleet.ask<SimulatorCounts>('counts');
    if (profiles !== undefined) {
      const kind = lab.authority === undefined ? 'plain' : 'tls';
      const fileOf = (whose: string): string =>
        path.join(profiles, `storm-${kind}-${whose}.cpuprofile`);
      await fleet.ask('endProfile', fileOf(`agents-of-${name.replace(' ', '-')}`));
      if (isProfiled) await side.child.ask('endProfile', fileOf('controller'));
    }
    progress(
      `${name}: ${(backMs / 1000).toFixed(1)} s, of which ${readyMs.toFixed(0)} ms until it is ready; ends: ${counts.reasons.join(', ')}`,
    );
    runs.push({ backMs, readyMs, startCpuMs, cpuMs, fleetCpuMs, counts });
  }
  for (const child of [fleet, side.child]) await child.kill();
  lab.close();
  return runs;
}

/** The longest time for a round; then the figures say what is missing. */
const mostMs = 180_000;

async function allBack(fleet: Child, agents: number): Promise<boolean> {
  const back = fleet.ask('untilWelcome', agents).then(() => true);
  const isBack = await Promise.race([back, wait(mostMs, false, { ref: false })]);
  if (!isBack) {
    const { welcome } = await fleet.ask<SimulatorCounts>('counts');
    progress(`only ${String(welcome)} of ${String(agents)} agents are back`);
  }
  return isBack;
}
