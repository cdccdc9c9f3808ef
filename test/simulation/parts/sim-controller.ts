/**
 * A controller in the simulated world: fleet, store, leadership, pushes and connections are the real
 * ones, put together as `controller/compose.ts` does it. Its sockets and its checker are simulated.
 */
import { createEtcdStore } from '../../../controller/adapters/etcd-store/etcd-store.ts';
import { checkConfig } from '../../../controller/adapters/config-checker/check-config.ts';
import { createDecide, type Decide } from '../../../controller/app/push/decide.ts';
import {
  createStartRollout,
  type StartRollout,
} from '../../../controller/app/push/start-rollout.ts';
import { createPush, type Push } from '../../../controller/app/push/push.ts';
import { leadFleet } from '../../../controller/app/store/lead-fleet.ts';
import type { RefusedClaim } from '../../../controller/app/identity/refused-identities.ts';
import { createLinks } from '../../../controller/channel/agent-links.ts';
import { manageFleet, type ManagedFleet } from '../../../controller/managed-fleet.ts';
import type { ConfigChecker } from '../../../controller/ports/config-checker.ts';
import { previewFleet } from '../../../core/preview/preview-fleet.ts';
import { defaultLiveness } from '../../../core/protocol/liveness.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import { createTurns } from '../../../runtime/pacing/spread.ts';
import type { Laws } from '../laws.ts';
import { digestOfKnown } from '../stand-ins/decided.ts';
import type { SimEtcd } from '../stand-ins/sim-etcd.ts';
import type { SimNetwork } from '../stand-ins/sim-network.ts';
import { SimProcess } from '../world/sim-process.ts';
import { simLogger } from './sim-logger.ts';

export interface SimControllerDeps {
  readonly host: string;
  /** How often it was started. */
  readonly start: number;
  readonly network: SimNetwork;
  readonly etcd: SimEtcd;
  readonly laws: Laws;
  readonly cluster: string;
  /** The beginning of the store's keys. */
  readonly prefix: string;
  /** Several controllers share the store. */
  readonly isShared: boolean;
  readonly wallErrorMs: number;
  /** Called when it ends by itself. */
  readonly ended: (why: string) => void;
}

export interface ControllerParts {
  readonly managed: ManagedFleet;
  readonly push: Push;
  readonly start: StartRollout;
  readonly decide: Decide;
}

export interface SimController {
  readonly process: SimProcess;
  /** Undefined until it has started. */
  parts: ControllerParts | undefined;
}

const timing = { liveness: defaultLiveness, helloMs: 10_000, slowMs: 20_000, drainMs: 300_000 };

export function startController(deps: SimControllerDeps): SimController {
  const { network, host, wallErrorMs } = deps;
  const name = `${host}#${String(deps.start)}`;
  const process = new SimProcess(network.world, name, { host, wallErrorMs });
  const controller: SimController = { process, parts: undefined };
  process.in(() => {
    run(deps, controller).catch((error: unknown) => {
      network.world.breaks(`${name} ends with ${reasonOf(error)}`);
    });
  });
  return controller;
}

async function run(deps: SimControllerDeps, controller: SimController): Promise<void> {
  const { network, etcd, cluster, prefix, isShared, host, ended } = deps;
  const { process } = controller;
  const { world } = network;
  const logger = simLogger(process);
  const store = createEtcdStore({ client: etcd.client(process), prefix });
  const lead = isShared ? leadFleet(store, { holder: process.name }) : undefined;
  const opened = lead === undefined ? { records: store } : { records: lead.store, lead };
  const checker = checkerOf(process);
  const claim = (): Promise<void> => Promise.resolve();
  const keeping = { keepMs: 1000, answersMs: 5 };
  const managed = await manageFleet({ ...opened, cluster, checker, claim }, keeping, logger);
  const { fleet } = managed;
  const troubles = {
    refused: (reason: string, remote: string): void =>
      world.say(`${process.name} refused ${remote}: ${reason}`),
    claimed: ({ reason, node, remote }: RefusedClaim): void =>
      world.say(`${process.name} refused ${remote} as ${node}: ${reason}`),
    failed: (error: unknown, remote: string): void =>
      world.breaks(`${process.name} could not handle ${remote}: ${reasonOf(error)}`),
  };
  const { revocations, rollouts } = managed;
  const settings = { ...timing, cluster, revoked: revocations, leads: lead?.leads };
  const links = createLinks(fleet, settings, troubles, createTurns());
  revocations.watch(links.endRevoked);
  const now = (): string => new Date().toISOString();
  const parts = { fleet, store: managed.store, rollouts, logger };
  controller.parts = {
    managed,
    push: createPush({ ...parts, cluster, checker, now }),
    start: createStartRollout({ ...parts, cluster, checker, now }),
    decide: createDecide(parts),
  };
  setInterval(() => {
    links.tick();
    void rollouts.look();
  }, 1000);
  const listen = (): void => {
    network.servers.set(host, {
      process,
      accept: (socket, from) => {
        const validUntil = Date.UTC(2100, 0, 1);
        const certified = { cluster, node: from, validFrom: 0, validUntil };
        if (revocations.isRevoked(certified)) socket.terminate();
        else links.add(socket.asWebSocket, from, certified);
      },
    });
  };
  if (managed.mayServe === undefined) listen();
  else void managed.mayServe.then(listen);
  const why = await managed.lost;
  network.servers.delete(host);
  await Promise.all([links.close(2000), managed.close()]);
  await managed.nodeStore.flush();
  await managed.answers.flush();
  await managed.closeStore();
  ended(why);
}

/** The real checks, which take a while. */
function checkerOf(process: SimProcess): ConfigChecker {
  const { world } = process;
  return {
    check: async (text, nodes) => {
      await process.sleep(world.between(1, 300));
      return checkConfig(text, nodes);
    },
    preview: async (question) => {
      await process.sleep(world.between(1, 300));
      return previewFleet(question);
    },
    digest: async (text) => {
      await process.sleep(world.between(1, 50));
      return digestOfKnown(text);
    },
    close: () => undefined,
  };
}
