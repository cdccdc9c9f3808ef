/** The faults of a run. A new one is an entry here. */
import { AppError } from '../../runtime/errors.ts';
import type { RolloutStrategy } from '../../schemas/generated/rollout-strategy.ts';
import { etcdHost, hostileName, type SimulatedFleet } from './simulated-fleet.ts';
import type { DiskFault } from './stand-ins/sim-disk.ts';

export interface Fault {
  readonly name: string;
  /** How often it is chosen, compared with the others. */
  readonly weight: number;
  readonly happens: (fleet: SimulatedFleet) => void;
}

const controllerOf = (fleet: SimulatedFleet): string =>
  fleet.world.pick([...fleet.controllers.keys()]) ?? '';
const leaderOf = (fleet: SimulatedFleet): string =>
  fleet.leaders()[0]?.process.host ?? controllerOf(fleet);
const nodeOf = (fleet: SimulatedFleet): string => fleet.world.pick([...fleet.agents.keys()]) ?? '';
const someMs = ({ world }: SimulatedFleet, most = 30_000): number => {
  const short = world.between(1, 3000);
  return world.chance(0.5) ? short : world.between(1, most);
};

function push(fleet: SimulatedFleet): void {
  const { world, laws } = fleet;
  if (fleet.likesWaves && world.chance(0.8)) return startRollout(fleet);
  // People ask any controller, and those that do not lead refuse it.
  const leads = world.chance(0.9) ? fleet.leaders()[0] : undefined;
  const controller = leads ?? fleet.controllers.get(controllerOf(fleet));
  if (controller?.parts === undefined || controller.process.isDead) return;
  const { text } = fleet.newConfig(false);
  const { push: pushes } = controller.parts;
  const confirmSeconds = world.chance(0.2) ? world.between(5, 40) : undefined;
  const ask = async (): Promise<void> => {
    try {
      const { revision } = await pushes({
        mediaType: 'application/yaml',
        ...{ text, by: 'simulation', retry: world.chance(0.1), despite: [] },
        supersede: world.chance(0.3),
        ...(world.chance(0.1) && { acceptLoss: true }),
        ...(confirmSeconds !== undefined && { confirmSeconds }),
      });
      world.say(`pushed ${String(revision.number)} at ${controller.process.name}`);
      laws.pushed(revision);
    } catch (error) {
      world.say(`push refused at ${controller.process.name}: ${String(error)}`);
      if (isFault(error)) world.breaks(`a push failed with ${String(error)}`);
    }
  };
  controller.process.after(0, () => void ask());
}

function strategyOf({ world, machines }: SimulatedFleet): RolloutStrategy {
  const names = machines.map(({ name }) => name);
  const rules = [
    { count: 1 },
    { count: 2 },
    { percent: world.between(1, 60) },
    { nodes: [world.pick(names) ?? ''] },
    { nodes: ['node-1', '*-2'] },
  ];
  const waves = rules.filter(() => world.chance(0.3));
  return {
    apiVersion: 'calico-agent/v1',
    kind: 'RolloutStrategy',
    ...(waves.length > 0 && { waves }),
    settle: `${String(world.between(0, 10))}s`,
    limit: `${String(world.between(10, 60))}s`,
    maxFailures: world.pick([0, 0, 1, '50%']) ?? 0,
    approval: world.chance(0.2) ? 'each-wave' : 'none',
    onFailure: world.chance(0.5) ? 'pause' : 'roll-back',
  };
}

function startRollout(fleet: SimulatedFleet): void {
  const { world, laws } = fleet;
  const [controller] = fleet.leaders();
  const starts = controller?.parts?.start;
  const { text } = fleet.newConfig(false);
  const strategy = strategyOf(fleet);
  const ask = async (): Promise<void> => {
    try {
      const despite = controller?.parts?.managed.fleet.records().some(isHostile) === true;
      const started = await starts?.({
        mediaType: 'application/yaml',
        ...{ text, by: 'simulation', strategy, supersede: world.chance(0.5) },
        despite: despite ? [hostileName] : [],
      });
      if (started === undefined) return;
      world.say(`rollout ${String(started.revision.number)}: ${JSON.stringify(started.waves)}`);
      laws.pushed(started.revision);
    } catch (error) {
      world.say(`rollout refused: ${String(error)}`);
      if (isFault(error)) world.breaks(`a rollout failed with ${String(error)}`);
    }
  };
  controller?.process.after(0, () => void ask());
}

/** A fault of the program, and no refusal. */
function isFault(error: unknown): boolean {
  return !(error instanceof AppError) || error.code === 'internal';
}

function isHostile({ name }: { readonly name: string }): boolean {
  return name === hostileName;
}

function askRollout(fleet: SimulatedFleet): void {
  const { world } = fleet;
  const [controller] = fleet.leaders();
  const type = world.pick(['pause', 'resume', 'approve', 'approve', 'abort'] as const) ?? 'pause';
  const ask = async (): Promise<void> => {
    try {
      await controller?.parts?.managed.rollouts.ask({ type, by: 'someone' });
      world.say(`${type} of the rollout`);
    } catch (error) {
      if (isFault(error)) world.breaks(`${type} failed with ${String(error)}`);
    }
  };
  controller?.process.after(0, () => void ask());
}

function decide(fleet: SimulatedFleet): void {
  const { world } = fleet;
  const [controller] = fleet.leaders();
  const decides = controller?.parts?.decide;
  if (controller === undefined || decides === undefined) return;
  controller.process.after(0, () => {
    const isGood = world.chance(0.6);
    const decided = async (): ReturnType<typeof decides.confirm> =>
      isGood ? decides.confirm('someone') : decides.rollBack('someone');
    decided().then(
      ({ revision }) => world.say(`decided about ${String(revision.number)}`),
      (error: unknown) => {
        if (!(error instanceof AppError)) world.breaks(`a decision failed with ${String(error)}`);
      },
    );
  });
}

function pause(fleet: SimulatedFleet, host: string, most: number): void {
  const process = fleet.processOf(host);
  if (process === undefined) return;
  fleet.world.say(`${process.name} is paused`);
  process.pause();
  fleet.world.after(someMs(fleet, most), () => process.resume());
}

function cut(fleet: SimulatedFleet, one: string, other: string): void {
  const { world, network } = fleet;
  const isOneWay = world.chance(0.3);
  world.say(`${one} and ${other} are cut${isOneWay ? ', one way' : ''}`);
  network.cut(one, other);
  if (!isOneWay) network.cut(other, one);
  world.after(someMs(fleet, 100_000), () => {
    network.heal(one, other);
    network.heal(other, one);
  });
}

function breakDisk(fleet: SimulatedFleet, node: string): void {
  const { world } = fleet;
  const disk = fleet.machineOf(node)?.disk;
  if (disk === undefined) return;
  const fault = world.pick<DiskFault>(['full', 'failing', 'flaky', 'lying']);
  world.say(`the disk of ${node} is ${fault ?? ''}`);
  disk.fault = fault;
  world.after(someMs(fleet), () => {
    disk.fault = undefined;
  });
}

function damage(fleet: SimulatedFleet, node: string): void {
  const disk = fleet.machineOf(node)?.disk;
  // Nobody would know the last number any more.
  if (disk?.state === undefined || fleet.laws.hasLostStore) return;
  const { accepted } = disk.state;
  if (fleet.world.chance(0.5) && accepted !== undefined) {
    fleet.world.say(`the text of revision ${String(accepted.number)} at ${node} is damaged`);
    disk.damageRevision(accepted);
  } else {
    fleet.world.say(`the state of ${node} is damaged`);
    disk.damageState();
    fleet.laws.lostState(node);
  }
  fleet.kill(node, someMs(fleet));
}

function jump(fleet: SimulatedFleet, host: string): void {
  const process = fleet.processOf(host);
  if (process === undefined) return;
  const hours = fleet.world.between(-30 * 24, 30 * 24);
  fleet.world.say(`the wall clock of ${host} jumps by ${String(hours)} hours`);
  process.wallErrorMs += hours * 3_600_000;
  const machine = fleet.machineOf(host);
  if (machine !== undefined) machine.wallErrorMs = process.wallErrorMs;
}

/** What the store answers to everything for a while. */
function failStore(fleet: SimulatedFleet): void {
  const { world, etcd, isShared } = fleet;
  const failure = isShared
    ? new AppError('datastore-failed', 'cannot use etcd: it is away', {
        retryable: true,
      })
    : world.pick([
        new AppError('disk-full', 'cannot write the store: no space left', {
          retryable: true,
        }),
        new AppError('corrupt-file', 'cannot read the store: it is damaged'),
        new AppError('io-failed', 'cannot read the store: input/output error', {
          retryable: true,
        }),
      ]);
  world.say(`the store fails: ${failure?.message ?? ''}`);
  etcd.failure = failure;
  world.after(someMs(fleet), () => {
    etcd.failure = undefined;
  });
}

/** The controllers are ended, as a person does it for a restore. */
function loseStore(fleet: SimulatedFleet): void {
  const { world, etcd, laws } = fleet;
  if (laws.hasLostState) return;
  for (const host of fleet.controllers.keys()) fleet.kill(host, someMs(fleet, 5000));
  const kept = world.pick(['nothing', 'backup'] as const) ?? 'nothing';
  world.say(`the store loses its data, and has ${kept}`);
  etcd.loseData(kept);
  laws.lostStore();
}

function loseAnswers(fleet: SimulatedFleet): void {
  const { world, etcd } = fleet;
  world.say('answers of the store get lost');
  etcd.lossy = world.pick([0.05, 0.2, 0.5]) ?? 0.2;
  world.after(someMs(fleet), () => {
    etcd.lossy = 0;
  });
}

function revoke(fleet: SimulatedFleet): void {
  const { world } = fleet;
  const node = nodeOf(fleet);
  const [controller] = fleet.leaders();
  const ask = async (): Promise<void> => {
    try {
      fleet.revoked.add(node);
      await controller?.parts?.managed.revocations.revoke([node], 'someone');
      world.say(`${node} is revoked`);
      fleet.laws.revoked(node, true);
    } catch (error) {
      if (!(error instanceof AppError)) world.breaks(`a revocation failed with ${String(error)}`);
    }
  };
  controller?.process.after(0, () => void ask());
}

const killed = (fleet: SimulatedFleet, host: string): void =>
  fleet.kill(host, someMs(fleet), fleet.world.chance(0.3));

export const faults: readonly Fault[] = [
  { name: 'push', weight: 30, happens: push },
  { name: 'a person decides', weight: 5, happens: decide },
  { name: 'rollout', weight: 15, happens: startRollout },
  { name: 'a person asks for a rollout', weight: 8, happens: askRollout },
  {
    name: 'leader killed in a rollout',
    weight: 6,
    happens: (fleet) => {
      startRollout(fleet);
      for (let left = fleet.world.between(1, 3); left > 0; left -= 1) {
        fleet.world.after(fleet.world.between(1, 25_000), () => killed(fleet, leaderOf(fleet)));
      }
    },
  },
  {
    name: 'leader killed',
    weight: 6,
    happens: (fleet) => killed(fleet, leaderOf(fleet)),
  },
  {
    name: 'leader paused',
    weight: 4,
    happens: (fleet) => pause(fleet, leaderOf(fleet), 60_000),
  },
  {
    name: 'leader cut from etcd',
    weight: 4,
    happens: (f) => cut(f, leaderOf(f), etcdHost),
  },
  {
    name: 'controller killed',
    weight: 3,
    happens: (fleet) => killed(fleet, controllerOf(fleet)),
  },
  {
    name: 'leader killed in a push',
    weight: 5,
    happens: (fleet) => {
      push(fleet);
      const host = leaderOf(fleet);
      fleet.world.after(fleet.world.between(1, 800), () => killed(fleet, host));
    },
  },
  {
    name: 'agent killed',
    weight: 8,
    happens: (fleet) => killed(fleet, nodeOf(fleet)),
  },
  {
    name: 'agent paused',
    weight: 3,
    happens: (fleet) => pause(fleet, nodeOf(fleet), 120_000),
  },
  {
    name: 'agent cut',
    weight: 6,
    happens: (f) => cut(f, nodeOf(f), controllerOf(f)),
  },
  {
    name: 'connection broken',
    weight: 8,
    happens: (fleet) => void fleet.network.breakOne(fleet.world.pick(fleet.hosts) ?? ''),
  },
  {
    name: 'disk broken',
    weight: 6,
    happens: (fleet) => breakDisk(fleet, nodeOf(fleet)),
  },
  {
    name: 'disk damaged',
    weight: 3,
    happens: (fleet) => damage(fleet, nodeOf(fleet)),
  },
  {
    name: 'clock jumps',
    weight: 4,
    happens: (f) => jump(f, f.world.pick(f.hosts) ?? ''),
  },
  { name: 'store fails', weight: 4, happens: failStore },
  { name: 'answers lost', weight: 5, happens: loseAnswers },
  { name: 'node revoked', weight: 2, happens: revoke },
  { name: 'store loses its data', weight: 1, happens: loseStore },
];
