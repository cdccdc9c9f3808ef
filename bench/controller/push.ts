/**
 * One configuration to all agents until the last acknowledgement: the controller against raw ws, which
 * sends one frame that was built before, alternating.
 */
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { controllerLineage, type ConfigMessage } from '../../core/protocol/messages.ts';
import { get, median } from '../measure.ts';
import { sinceEpochMs, type Measured } from './meter.ts';
import { cluster, connectFleet, openLab, startSide, type Side } from './sides.ts';
import { agentsFor, loadText, profileFolder, progress, roundsFor, verdict } from './shown.ts';

/** Of about 2 KB. */
const configBytes = 2048;

interface Pushed extends Measured {
  /** From the request of the operator to the last acknowledgement, in ms. */
  readonly wholeMs: number;
  /** Until the last acknowledgement is on disk, in ms. */
  readonly storedMs: number;
}

export async function benchFleetPush(): Promise<void> {
  const agents = agentsFor(2000, 10_000);
  const rounds = roundsFor(5, 5);
  console.log(
    `one configuration of 2 KB to ${String(agents)} agents, until the last acknowledgement; ms, medians of ${String(rounds)}; ${loadText()}`,
  );
  const lab = await openLab(false);
  const profiles = profileFolder();
  try {
    const raw = await startSide('raw ws', lab);
    const ours = await startSide('controller', lab);
    const fleets = [
      await connectFleet(raw, lab, { agents }),
      await connectFleet(ours, lab, { agents }),
    ];
    await wait(2000);
    const rawRuns: Measured[] = [];
    const ourRuns: Pushed[] = [];
    // The first two rounds warm up.
    for (let round = -2; round < rounds; round += 1) {
      const one = await inTime(pushRaw(raw, agents, round + 3));
      if (profiles !== undefined) await ours.child.ask('profile');
      const other = await inTime(pushOurs(ours, agents, agents, round + 3));
      if (profiles !== undefined) {
        const file = `push-${String(round + 3)}.cpuprofile`;
        await ours.child.ask('endProfile', path.join(profiles, file));
      }
      // Else each agent would also refuse this one when the next one supersedes it.
      for (const fleet of fleets) await fleet.ask('finish');
      await wait(1000);
      if (round < 0 || one === undefined || other === undefined) continue;
      rawRuns.push(one);
      ourRuns.push(other);
    }
    if (profiles !== undefined) {
      await ours.child.ask('heapSnapshot', path.join(profiles, 'push.heapsnapshot'));
    }
    if (rawRuns.length > 0) show(rawRuns, ourRuns, agents);
    else verdict('last acknowledgement', Number.NaN, 1.15);
    for (const child of [...fleets, raw.child, ours.child]) await child.kill();
  } finally {
    lab.close();
  }
}

const mostMs = 60_000;

/** Undefined: an agent lost its connection meanwhile, as on a busy machine, and does not acknowledge. */
async function inTime<T>(push: Promise<T>): Promise<T | undefined> {
  const pushed = await Promise.race([push, wait(mostMs, undefined, { ref: false })]);
  if (pushed === undefined) progress('not all agents have acknowledged; the round does not count');
  return pushed;
}

function show(raw: readonly Measured[], ours: readonly Pushed[], agents: number): void {
  const fanOut = (one: Measured): number => one.lastAckMs - one.firstSentMs;
  const of = <T>(runs: readonly T[], what: (run: T) => number): number => median(runs.map(what));
  const rawMs = of(raw, fanOut);
  const micros = (ms: number): string => `${((ms / agents) * 1000).toFixed(1)} µs`;
  const rawCpuMs = of(raw, (run) => run.mainCpuMs);
  const cpuMs = of(ours, (run) => run.mainCpuMs);
  console.log(`  raw ws: ${rawMs.toFixed(0)} ms, CPU per agent ${micros(rawCpuMs)}`);
  console.log(
    `  controller: ${of(ours, fanOut).toFixed(0)} ms from the first frame, ${of(ours, (run) => run.wholeMs).toFixed(0)} ms from the request, ${of(ours, (run) => run.storedMs - run.firstSentMs).toFixed(0)} ms until all are on disk`,
  );
  console.log(
    `  CPU per agent from the first frame ${micros(cpuMs)}, with the check and the store ${micros(of(ours, (run) => run.cpuMs))}`,
  );
  // Each run beside the one of raw ws just before it: the load of the machine changes within minutes.
  const ratio = (what: (run: Pushed) => number): number =>
    median(ours.map((run, index) => what(run) / fanOut(raw[index] ?? run)));
  verdict('last acknowledgement', ratio(fanOut), 1.15);
  console.log(`  the same from the request: ${ratio((run) => run.wholeMs).toFixed(2)}`);
  verdict(
    'acknowledgements on disk',
    ratio((run) => run.storedMs - run.firstSentMs),
    1.3,
  );
  verdict('µs of CPU per agent', (cpuMs / agents) * 1000, 25);
  console.log(`  CPU against raw ws: ${(cpuMs / rawCpuMs).toFixed(2)}`);
}

/** @param acks of all agents together */
export function pushRaw(side: Side, acks: number, number: number): Promise<Measured> {
  const text = configText(number, configBytes);
  const config: ConfigMessage = {
    type: 'config',
    lineage: controllerLineage(cluster),
    number,
    digest: `sha256:${String(number).padStart(64, '0')}`,
    mediaType: 'application/yaml',
    text,
    by: 'bench',
  };
  return side.child.ask<Measured>('push', { config, acks });
}

export async function pushOurs(
  side: Side,
  acks: number,
  agents: number,
  number: number,
): Promise<Pushed> {
  const done = side.child.ask<Pushed>('await', { acks, agents });
  const began = sinceEpochMs();
  await putConfig(side, configText(number, configBytes));
  const measured = await done;
  return { ...measured, wholeMs: measured.lastAckMs - began };
}

export async function putConfig({ socket }: Side, body: string): Promise<void> {
  const options = { method: 'PUT', body, contentType: 'application/yaml' };
  await get(socket, '/v1/config?by=bench', options);
}

/** A valid configuration of about so many bytes. */
export function configText(number: number, bytes: number): string {
  const line = `# ${'-'.repeat(61)}\n`;
  return `global-as-number: ${String(4_200_000_000 + number)}\n${line.repeat(Math.ceil(bytes / line.length))}`;
}
