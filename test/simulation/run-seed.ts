/** One run: a fleet, faults, and then peace, in which every agent has to get where it belongs. */
import type { DeliveryOutcome } from '../../core/protocol/delivery/controller-delivery.ts';
import { sameRef } from '../../core/protocol/messages.ts';
import { isOver, needsApproval } from '../../core/rollout/step.ts';
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
const succeedsMs = 120_000;
/** Longer than the store's calls of one request take. */
const answeredMs = 30_000;
/** A push that goes back waits for a quarter of an hour at each step. */
const rolloutEndsMs = 2_400_000;

export async function runSeed(seed: number): Promise<Run> {
  const world = new World(seed);
  const restore = simulateGlobals();
  try {
    const fleet = new SimulatedFleet(world);
    schedule(fleet);
    await world.pass(troubledMs);
    fleet.healAll();
    await restoreNodes(fleet);
    await endRollout(fleet);
    // Agents that were silent have to be back: they may know numbers that a restored store does not.
    await world.pass(backMs);
    // What was asked for in the troubled time may have begun by now.
    await endRollout(fleet);
    // One call to the store may take longer than its client waits, also in peace.
    await world.pass(answeredMs, () => unexplained(fleet).length === 0);
    if (world.broken.length === 0) for (const why of unexplained(fleet)) world.breaks(why);
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

/** What a person does in peace until it succeeds. @returns whether it did */
async function insist(
  fleet: SimulatedFleet,
  what: string,
  ask: (controller: SimController) => Promise<void>,
  withinMs = succeedsMs,
): Promise<boolean> {
  const { world } = fleet;
  const tries: { isDone?: true; why?: string } = {};
  const end = world.now + withinMs;
  while (tries.isDone !== true && world.now < end && world.broken.length === 0) {
    let hasEnded = false;
    const [controller] = fleet.leaders();
    const once = async (): Promise<void> => {
      try {
        if (controller !== undefined) await ask(controller);
        tries.isDone = true;
      } catch (error) {
        tries.why = String(error);
      }
      hasEnded = true;
    };
    controller?.process.after(0, () => void once());
    if (controller !== undefined) await world.pass(20_000, () => hasEnded);
    await world.pass(1000);
  }
  if (tries.isDone !== true && world.broken.length === 0)
    world.breaks(`${what} does not succeed in peace: ${tries.why ?? 'no controller leads'}`);
  return tries.isDone === true;
}

/** In peace every rollout ends; a person helps those that wait for one. */
async function endRollout(fleet: SimulatedFleet): Promise<void> {
  const { world } = fleet;
  const ended = async ({ parts }: SimController): Promise<void> => {
    if (parts === undefined) throw new Error('the controller has not started');
    const { rollouts } = parts.managed;
    const { rollout } = rollouts.current() ?? {};
    if (rollout === undefined || isOver(rollout)) return;
    const { paused, phase, step } = rollout.state;
    const type = paused !== undefined ? world.pick(['resume', 'abort'] as const) : undefined;
    if (type !== undefined) await rollouts.ask({ type, by: 'someone' });
    else if (needsApproval(rollout)) await rollouts.ask({ type: 'approve', by: 'someone' });
    const problem = rollouts.problem() ?? 'nothing stops it';
    throw new Error(`it is at ${phase} ${String(step)}: ${problem}`);
  };
  await insist(fleet, 'the end of a rollout', ended, rolloutEndsMs);
}

function lastPush(fleet: SimulatedFleet): Promise<boolean> {
  const { laws, world } = fleet;
  const { text } = fleet.newConfig(true);
  return insist(fleet, 'a push', async ({ parts }) => {
    const isHostile = parts?.managed.fleet.records().some(({ name }) => name === hostileName);
    const despite = isHostile === true ? [hostileName] : [];
    const answer = await parts?.push({
      mediaType: 'application/yaml',
      text,
      by: 'last',
      despite,
    });
    if (answer === undefined) throw new Error('the controller has not started');
    laws.pushed(answer.revision);
    world.say(`the last push is ${String(answer.revision.number)}`);
  });
}

async function restoreNodes(fleet: SimulatedFleet): Promise<void> {
  // A revocation that was asked for before may still be carried out.
  await fleet.world.pass(answeredMs);
  for (const node of fleet.revoked) {
    await insist(fleet, 'to restore a node', async ({ parts }) => {
      fleet.laws.revoked(node, false);
      const { revocations } = parts?.managed ?? {};
      if (revocations?.isNodeRevoked(node) === true) await revocations.restore([node]);
      // A request from before may have been carried out meanwhile.
      fleet.laws.revoked(node, false);
    });
  }
}

function isQuiet(fleet: SimulatedFleet): boolean {
  return fleet.world.events % 50 === 0 && notConverged(fleet).length === 0;
}

/** Why this is not yet where everything belongs. */
function notConverged(fleet: SimulatedFleet): readonly string[] {
  return judgeEnd(fleet, () => false);
}

/** Nodes that do not have the newest revision, and of which the controller cannot say why. */
function unexplained(fleet: SimulatedFleet): readonly string[] {
  const newest = fleet.leaders()[0]?.parts?.managed.fleet.revision();
  // Agents may have newer ones than a restored store: the log says that, and the last push mends it.
  if (newest === undefined || newest.decided === 'rolled-back' || fleet.laws.hasLostStore)
    return [];
  return judgeEnd(fleet, (told) => told.kind === 'nack' && told.retrying !== true);
}

function judgeEnd(
  fleet: SimulatedFleet,
  isReason: (told: DeliveryOutcome) => boolean,
): readonly string[] {
  const leaders = fleet.leaders();
  const [leader] = leaders;
  if (leaders.length !== 1 || leader?.parts === undefined) {
    return [`in peace ${String(leaders.length)} controllers lead`];
  }
  const { fleet: view, nodeStore, answers } = leader.parts.managed;
  const newest = view.revision();
  if (newest === undefined) return ['the leader has no revision'];
  const problem = nodeStore.problem() ?? answers.problem();
  const records = new Map(view.records().map((one) => [one.name, one]));
  const found = fleet.machines.flatMap(({ name, disk: { state }, inEffect }) => {
    const { progress: told, connection } = records.get(name) ?? {};
    const isConfirmed = state?.confirmed !== undefined && sameRef(state.confirmed, newest);
    const isInEffect = inEffect !== undefined && sameRef(inEffect, newest);
    const isOfIt = told !== undefined && sameRef(told.ref, newest);
    const isTold = isOfIt && told.outcome.kind === 'stage' && told.outcome.stage === 'confirmed';
    const isHere = connection !== undefined;
    if (isHere && isConfirmed && isInEffect && isTold) return [];
    if (isHere && isOfIt && isReason(told.outcome)) return [];
    return [
      `${name} does not have revision ${String(newest.number)}: confirmed ${String(state?.confirmed?.number)}, ` +
        `in effect ${String(inEffect?.number)}; its controller says ${JSON.stringify(told?.outcome)} of ` +
        `${String(told?.ref.number)}, ${isHere ? 'connected' : 'away'}`,
    ];
  });
  return problem === undefined ? found : [problem, ...found];
}
