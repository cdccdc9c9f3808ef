/** The machines and processes of one run, and what a fault does to them. */
import { digestOfKnown } from './stand-ins/decided.ts';
import { Laws } from './laws.ts';
import { hostileName, startHostile } from './parts/hostile-agent.ts';
import { startAgent } from './parts/sim-agent.ts';
import { startController, type SimController } from './parts/sim-controller.ts';
import { simMachine, type SimConfig, type SimMachine } from './parts/sim-machine.ts';
import { etcdHost, SimEtcd } from './stand-ins/sim-etcd.ts';
import { SimNetwork } from './stand-ins/sim-network.ts';
import type { SimProcess } from './world/sim-process.ts';
import type { World } from './world/world.ts';

const cluster = 'default';
const prefix = '/c/';

export class SimulatedFleet {
  readonly world: World;
  readonly network: SimNetwork;
  readonly etcd: SimEtcd;
  readonly laws: Laws;
  readonly machines: readonly SimMachine[];
  readonly agents = new Map<string, SimProcess>();
  readonly controllers = new Map<string, SimController>();
  /** Nodes that may be revoked. */
  readonly revoked = new Set<string>();
  readonly isShared: boolean;
  readonly hasHostile: boolean;
  /** Most configurations come in waves. */
  readonly likesWaves: boolean;
  readonly #configs = new Map<string, SimConfig>();
  readonly #starts = new Map<string, number>();
  /** Hosts whose process shall run again some time. */
  readonly #returning = new Set<string>();
  #asNumber = 64_512;

  constructor(world: World) {
    this.world = world;
    this.network = new SimNetwork(world);
    const count = world.pick([1, 1, 2, 3]) ?? 1;
    this.isShared = count > 1;
    this.hasHostile = world.chance(0.3);
    this.likesWaves = world.chance(0.5);
    this.laws = new Laws({
      ...{ world, prefix, isShared: this.isShared },
      keys: () => this.etcd.keys,
      connected: () => this.#connected(),
    });
    // An embedded store is on the controller's own machine.
    const reaches = (from: string, to: string): boolean =>
      !this.isShared || this.network.reaches(from, to);
    this.etcd = new SimEtcd({
      world,
      reaches,
      committing: (process, transaction) => this.laws.committing(process, transaction),
      answered: (transaction) => this.laws.answered(transaction),
    });
    this.network.slowMs = world.pick([5, 20, 200, 1000]) ?? 20;
    this.etcd.slowMs = world.pick([2, 10, 50, 500]) ?? 10;
    const olderAgents = world.pick([0, 0, 0.4]) ?? 0;
    this.machines = Array.from({ length: world.between(2, 5) }, (_, index) =>
      simMachine(index, world.chance(olderAgents)),
    );
    for (let one = 0; one < count; one += 1) this.startController(`controller-${String(one)}`);
    for (const { name } of this.machines) this.startAgent(name);
    if (this.hasHostile) {
      const victims = this.machines.map(({ name }) => name);
      startHostile({ network: this.network, cluster, victims });
    }
  }

  get hosts(): readonly string[] {
    return [...this.controllers.keys(), ...this.agents.keys()];
  }

  processOf(host: string): SimProcess | undefined {
    return this.agents.get(host) ?? this.controllers.get(host)?.process;
  }

  machineOf(name: string): SimMachine | undefined {
    return this.machines.find((one) => one.name === name);
  }

  /** The controllers that have read the store and may change it. */
  leaders(): readonly SimController[] {
    return [...this.controllers.values()].filter(
      ({ process, parts }) => !process.isDead && parts?.managed.fleet.role() === 'leader',
    );
  }

  #connected(): readonly SimMachine[] {
    const records = this.leaders()[0]?.parts?.managed.fleet.records() ?? [];
    const here = new Set(records.flatMap(({ name, connection }) => (connection ? [name] : [])));
    return this.machines.filter(({ name }) => here.has(name));
  }

  startController(host: string): void {
    const start = (this.#starts.get(host) ?? 0) + 1;
    this.#starts.set(host, start);
    const { network, etcd, laws, isShared } = this;
    const wallErrorMs = this.controllers.get(host)?.process.wallErrorMs ?? 0;
    const controller = startController({
      ...{
        host,
        start,
        network,
        etcd,
        laws,
        cluster,
        prefix,
        isShared,
        wallErrorMs,
      },
      ended: (why) => {
        this.world.say(`${host} ends by itself: ${why}`);
        this.kill(host, 2000);
      },
    });
    this.controllers.set(host, controller);
    this.world.say(`${controller.process.name} starts`);
  }

  startAgent(name: string): void {
    const machine = this.machineOf(name);
    if (machine === undefined) return;
    const { network, laws } = this;
    const configOf = (digest: string): SimConfig | undefined => this.#configs.get(digest);
    this.agents.set(name, startAgent({ machine, network, laws, cluster, configOf }));
    this.world.say(`${name} starts`);
  }

  /** Kills the process of this host, and starts it again later. */
  kill(host: string, awayMs: number, isPowerLoss = false): void {
    const process = this.processOf(host);
    if (process === undefined || process.isDead || this.#returning.has(host)) return;
    this.world.say(`${host} is killed${isPowerLoss ? ', with its machine' : ''}`);
    if (isPowerLoss) this.network.off.add(host);
    process.kill();
    this.network.servers.delete(host);
    this.network.forget(process);
    this.#returning.add(host);
    this.world.after(awayMs, () => this.comesBack(host));
  }

  comesBack(host: string): void {
    if (!this.#returning.delete(host)) return;
    this.network.off.delete(host);
    if (this.controllers.has(host)) this.startController(host);
    else this.startAgent(host);
  }

  /** A configuration that no run has had before; some nodes may refuse it, or be ill with it. */
  newConfig(isGood: boolean): SimConfig {
    const { world } = this;
    this.#asNumber += 1;
    const some = (probability: number): ReadonlySet<string> =>
      new Set(
        this.machines.filter(() => !isGood && world.chance(probability)).map(({ name }) => name),
      );
    const filling = world.chance(0.1) ? `# ${'x'.repeat(world.between(1, 20_000))}\n` : '';
    const text = `${filling}global-as-number: ${String(this.#asNumber)}\n`;
    const isBad = world.chance(0.3);
    const config = {
      text,
      refusedBy: some(isBad ? 0.3 : 0),
      unhealthyAt: some(isBad ? 0.4 : 0),
      slowAt: some(world.chance(0.3) ? 0.5 : 0),
    };
    this.#configs.set(digestOfKnown(text) ?? '', config);
    return config;
  }

  healAll(): void {
    this.world.say('everything heals');
    this.network.healAll();
    this.network.slowMs = 20;
    this.etcd.slowMs = 10;
    this.etcd.lossy = 0;
    this.etcd.failure = undefined;
    for (const machine of this.machines) machine.disk.fault = undefined;
    for (const host of this.hosts) this.processOf(host)?.resume();
    for (const host of [...this.#returning]) this.comesBack(host);
  }
}

export { etcdHost, hostileName };
