/** Several real agents in one process, over one datastore, one writer lease and one exchange of reports. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { createJournalFiles } from '../../../agent/adapters/state-directory/journal-files.ts';
import { createRevisionFiles } from '../../../agent/adapters/state-directory/revision-files.ts';
import type { RunningAgent } from '../../../agent/app/create-agent.ts';
import type { Clock } from '../../../agent/ports/clock.ts';
import type { Cluster } from '../../../agent/ports/platform/cluster.ts';
import type { HostChanges } from '../../../agent/ports/platform/host-changes.ts';
import type {
  CalicoDatastore,
  WatchListener,
} from '../../../agent/ports/datastore/calico-datastore.ts';
import type { WriterLease } from '../../../agent/ports/datastore/writer-lease.ts';
import type { Journal } from '../../../agent/ports/storage/journal.ts';
import type { RevisionStore } from '../../../agent/ports/storage/revision-store.ts';
import { silentLogger } from '../../../runtime/log/logger.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import { agentOn, localOffer } from './agent-on.ts';
import { createManualClock, type ManualClock } from '../clocks/manual-clock.ts';
import { createMemoryBird, type MemoryBird } from '../twins/memory-bird.ts';
import { createMemoryDatastore, type MemoryDatastore } from '../twins/memory-datastore.ts';
import { createMemoryFleet, type MemoryFleet } from '../twins/memory-fleet-store.ts';
import { createMemoryWriterLease, type MemoryWriterLease } from '../twins/memory-writer-lease.ts';

export interface FleetMember {
  readonly name: string;
  /** That of the newest process. */
  readonly agent: RunningAgent;
  readonly bird: MemoryBird;
  /** By the CLI of its machine, so each node has a lineage of its own. */
  apply(text: string): Promise<void>;
  status(): AgentStatus;
  /** kill -9 of its process: nothing that it does from now on has an effect, and its state stays on the disk. */
  kill(): void;
  /** A new process over the same state, after a kill. */
  restart(): Promise<void>;
}

export interface AgentsOfFleet {
  readonly members: readonly FleetMember[];
  readonly datastore: MemoryDatastore;
  readonly lease: MemoryWriterLease;
  readonly fleet: MemoryFleet;
  /** Pod blocks, by the nodes that have them. */
  readonly blocks: Map<string, string>;
  /** The clocks go on, and what is due runs to its end. */
  pass(seconds: number): Promise<void>;
  /** Lets time pass until all members meet the condition; fails with the state of each of them. */
  until(isSo: (status: AgentStatus) => boolean, seconds: number): Promise<void>;
  stop(): Promise<void>;
}

export interface MemberParts {
  /** Files and services of the node's machine. */
  readonly host?: HostChanges;
  readonly cluster?: Cluster;
  /** Refuses a step of this node before anything of it is written. @throws AppError */
  readonly refuse?: (step: Parameters<CalicoDatastore['apply']>[0]) => void;
}

/**
 * Nodes node-0 to node-<size - 1> with the addresses 10.0.0.2 and so on.
 * @param partsOf what a node has besides; its state is in the folder
 */
export async function startFleet(
  size: number,
  partsOf: (name: string, folder: string) => Promise<MemberParts> = () => Promise.resolve({}),
): Promise<AgentsOfFleet> {
  const folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-fleet-'));
  const names = Array.from({ length: size }, (_, index) => `node-${String(index)}`);
  const clock = createManualClock();
  const lease = createMemoryWriterLease();
  const fleet = createMemoryFleet(names);
  const blocks = new Map([['192.168.1.0/26', 'node-0']]);
  const { datastore, told } = watchedDatastore(blocks);
  const disk = createBusyDisk();
  const members = await Promise.all(
    names.map(async (name, index): Promise<FleetMember> => {
      const bird = createMemoryBird();
      const own = path.join(folder, name);
      const begin = async (life: Life): Promise<RunningAgent> => {
        const parts = await partsOf(name, own);
        return agentOn({
          ...(parts.host && { host: mortal(parts.host, life) }),
          ...(parts.cluster && { cluster: mortal(parts.cluster, life) }),
          folder: own,
          store: mortal(disk.storeIn(own), life),
          journal: mortal(disk.journalIn(own), life),
          datastore: mortal(refusing(datastore, parts.refuse), life),
          lease: mortal(tellingLease(lease.connect(name), told), life),
          fleet: mortal(fleet.storeOf(name), life),
          clock: mortalClock(clock, life),
          sessions: bird,
          routes: bird,
          boot: { now: () => ({ bootId: 'first', ms: clock.elapsed() }) },
          settings: { node: { name, addresses: [`10.0.0.${String(index + 2)}/24`] } },
        });
      };
      let life: Life = { isOver: false };
      let agent = await begin(life);
      return {
        name,
        bird,
        get agent() {
          return agent;
        },
        apply: async (text) => {
          const outcome = await agent.offers.offer(
            localOffer(text, { lineage: `local:${name}`, acceptLoss: true }),
          );
          if (outcome.result !== 'accepted') throw new Error(JSON.stringify(outcome));
        },
        status: () => agent.readings.status(),
        kill: () => {
          life.isOver = true;
        },
        restart: async () => {
          life = { isOver: false };
          agent = await begin(life);
          await agent.start();
        },
      };
    }),
  );
  const isBusy = (): boolean =>
    disk.isBusy() || members.some(({ agent }) => agent.underWay() !== undefined);
  const pass = (seconds: number): Promise<void> => passSeconds(clock, seconds, isBusy);
  for (const { agent } of members) await agent.start();
  return {
    members,
    datastore,
    lease,
    fleet,
    blocks,
    pass,
    until: async (isSo, seconds) => {
      for (let left = seconds; left > 0; left -= 1) {
        if (members.every((one) => isSo(one.status()))) return;
        await pass(1);
      }
      const texts = members.map(({ name, status }) => `${name}: ${status().message}`);
      throw new Error(`it is not so within ${String(seconds)} s: ${texts.join('\n')}`);
    },
    stop: async () => {
      await Promise.all(members.map(({ agent }) => agent.stop()));
      await rm(folder, { recursive: true });
    },
  };
}

/** The datastore as it is for one node. */
function refusing(datastore: MemoryDatastore, refuse: MemberParts['refuse']): CalicoDatastore {
  if (refuse === undefined) return datastore;
  return {
    ...datastore,
    apply: async (step, ...more) => {
      refuse(step);
      return datastore.apply(step, ...more);
    },
  };
}

/** A process, until somebody kills it. */
interface Life {
  isOver: boolean;
}

/** A port of a process: a call of a dead one does nothing, and never ends. */
function mortal<T extends object>(port: T, life: Life): T {
  return new Proxy(port, {
    get: (target, key): unknown => {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      return (...args: readonly unknown[]): unknown =>
        life.isOver ? new Promise(() => undefined) : Reflect.apply(value, target, args);
    },
  });
}

/** No timer of a dead process ends. */
function mortalClock(clock: Clock, life: Life): Clock {
  return {
    ...clock,
    after: (milliseconds, run) =>
      clock.after(milliseconds, () => {
        if (!life.isOver) run();
      }),
  };
}

/**
 * Work that is under way may wait for the clock itself, as before a request that failed is made again: after so
 * much real time the clock goes on.
 */
const longestBusyMs = 60_000;

async function passSeconds(
  clock: ManualClock,
  seconds: number,
  isBusy: () => boolean,
): Promise<void> {
  for (let left = seconds; left > 0; left -= 1) {
    clock.advance(1000);
    const untilMs = performance.now() + longestBusyMs;
    for (let turn = 0; turn < 20; turn += 1) {
      await setImmediate();
      while (isBusy() && performance.now() < untilMs) await setImmediate();
    }
  }
}

/** The disk takes time, which the manual clock does not know: it stands still meanwhile. */
function createBusyDisk(): {
  readonly storeIn: (folder: string) => RevisionStore;
  readonly journalIn: (folder: string) => Journal;
  readonly isBusy: () => boolean;
} {
  let busy = 0;
  const during = async <T>(work: Promise<T>): Promise<T> => {
    busy += 1;
    try {
      return await work;
    } finally {
      busy -= 1;
    }
  };
  return {
    isBusy: () => busy > 0,
    storeIn: (folder) => {
      const store = createRevisionFiles(folder, silentLogger);
      return { ...store, saveState: (state) => during(store.saveState(state)) };
    },
    journalIn: (folder) => {
      const journal = createJournalFiles(folder, silentLogger);
      return {
        ...journal,
        open: () => during(journal.open()),
        nextId: () => during(journal.nextId()),
        write: (entry) => during(journal.write(entry)),
        progress: (entry, stepsDone) => during(journal.progress(entry, stepsDone)),
        end: (entry) => during(journal.end(entry)),
      };
    },
  };
}

/** The real datastores notify their watchers of the writer record, too. */
function watchedDatastore(blocks: ReadonlyMap<string, string>): {
  readonly datastore: MemoryDatastore;
  readonly told: () => void;
} {
  const memory = createMemoryDatastore();
  const listeners = new Set<WatchListener>();
  return {
    told: () => {
      for (const listener of listeners) {
        listener.changed({ type: 'object', kind: 'WriterRecord', name: 'writer' });
      }
    },
    datastore: {
      ...memory,
      blocks: () =>
        Promise.resolve([...blocks].map(([cidr, node]) => ({ cidr, addresses: 1, node }))),
      watch: (node, listener) => {
        listeners.add(listener);
        const watch = memory.watch(node, listener);
        return {
          stop: () => {
            listeners.delete(listener);
            return watch.stop();
          },
        };
      },
    },
  };
}

function tellingLease(lease: WriterLease, told: () => void): WriterLease {
  return {
    ...lease,
    record: async (...request) => {
      const fence = await lease.record(...request);
      told();
      return fence;
    },
  };
}
