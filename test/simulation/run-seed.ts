/** One run: a fleet, faults, and then peace, in which every agent has to get where it belongs. */
import { sameRef } from '../../core/protocol/messages.ts';
import { faults } from './faults.ts';
import type { SimController } from './parts/sim-controller.ts';
import { hostileName, SimulatedFleet } from './simulated-fleet.ts';
import { simulateGlobals } from './world/simulated-globals.ts';
import { World } from './world/world.ts';

export interface Run {
  readonly seed: number;
  /** Broken laws; none: all held. */
  readonly broken: readonly string[];
  /** The last lines of what happened. */
  readonly trace: readonly string[];
  readonly events: number;
  readonly simulatedMs: number;
}

/** How long faults happen. */
const troubledMs = 120_000;
/** Longer than any wait of the product: a lease, a silent connection, the longest pauses. */
const peaceMs = 300_000;
/** Until a silent connection is noticed, and its agent has dialled again. */
const backMs = 120_000;
const pushWithinMs = 120_000;

export async function runSeed(seed: number): Promise<Run> {
  const world = new World(seed);
  const restore = simulateGlobals();
  try {
    const fleet = new SimulatedFleet(world);
    schedule(fleet);
    await world.pass(troubledMs);
    fleet.healAll();
    // Agents that were silent have to be back: they may know numbers that a restored store does not.
    await world.pass(backMs);
    if (await lastPush(fleet)) await world.pass(peaceMs, () => isQuiet(fleet));
    if (world.broken.length === 0) for (const why of notConverged(fleet)) world.breaks(why);
  } finally {
    restore();
  }
  const { broken, trace, events, now } = world;
  return { seed, broken, trace, events, simulatedMs: now };
}

function schedule(fleet: SimulatedFleet): void {
  const { world } = fleet;
  const all = faults.flatMap((fault) => Array.from({ length: fault.weight }, () => fault));
  const count = world.between(5, 40);
  for (let one = 0; one < count; one += 1) {
    const fault = world.pick(all);
    world.after(world.between(0, troubledMs), () => fault?.happens(fleet));
  }
}

/** In peace a push has to succeed soon. @returns whether it did */
async function lastPush(fleet: SimulatedFleet): Promise<boolean> {
  const { world } = fleet;
  const { text } = fleet.newConfig(true);
  const tries: { isDone?: true; why?: string } = {};
  const end = world.now + pushWithinMs;
  while (tries.isDone !== true && world.now < end && world.broken.length === 0) {
    let isOver = false;
    const [controller] = fleet.leaders();
    controller?.process.after(0, () => {
      void pushAt(controller, text, fleet, tries).finally(() => {
        isOver = true;
      });
    });
    if (controller !== undefined) await world.pass(20_000, () => isOver);
    await world.pass(1000);
  }
  if (tries.isDone !== true && world.broken.length === 0)
    world.breaks(`no push succeeds in peace: ${tries.why ?? 'no controller leads'}`);
  return tries.isDone === true;
}

async function pushAt(
  { parts }: SimController,
  text: string,
  { laws, world }: SimulatedFleet,
  tries: { isDone?: true; why?: string },
): Promise<void> {
  const isHostile = parts?.managed.fleet.records().some(({ name }) => name === hostileName);
  const despite = isHostile === true ? [hostileName] : [];
  try {
    const answer = await parts?.push({ mediaType: 'application/yaml', text, by: 'last', despite });
    if (answer === undefined) return;
    laws.pushed(answer.revision);
    world.say(`the last push is ${String(answer.revision.number)}`);
    tries.isDone = true;
  } catch (error) {
    tries.why = String(error);
  }
}

function isQuiet(fleet: SimulatedFleet): boolean {
  return fleet.world.events % 50 === 0 && notConverged(fleet).length === 0;
}

/** Why this is not yet where everything belongs. */
function notConverged(fleet: SimulatedFleet): readonly string[] {
  const leaders = fleet.leaders();
  const [leader] = leaders;
  if (leaders.length !== 1 || leader?.parts === undefined) {
    return [`in peace ${String(leaders.length)} controllers lead`];
  }
  const { fleet: view, nodeStore, answers } = leader.parts.managed;
  const newest = view.revision();
  if (newest === undefined) return ['the leader has no revision'];
  const problem = nodeStore.problem() ?? answers.problem();
  const faultsFound = problem === undefined ? [] : [problem];
  const records = new Map(view.records().map((one) => [one.name, one]));
  for (const { name, disk, inEffect } of fleet.machines) {
    const { state } = disk;
    const record = records.get(name);
    const isConfirmed =
      state?.confirmed !== undefined && sameRef(state.confirmed, newest) && inEffect !== undefined;
    const isInEffect = inEffect !== undefined && sameRef(inEffect, newest);
    const told = record?.progress;
    const isTold =
      told !== undefined &&
      sameRef(told.ref, newest) &&
      told.outcome.kind === 'stage' &&
      told.outcome.stage === 'confirmed';
    if (isConfirmed && isInEffect && isTold && record?.connection !== undefined) continue;
    faultsFound.push(
      `${name} does not have revision ${String(newest.number)}: confirmed ${String(state?.confirmed?.number)}, ` +
        `in effect ${String(inEffect?.number)}; its controller says ${JSON.stringify(told?.outcome)} of ` +
        `${String(told?.ref.number)}, ${record?.connection === undefined ? 'away' : 'connected'}`,
    );
  }
  return faultsFound;
}
