import { createInProcessDecider } from '../../../agent/adapters/decider/in-process.ts';
import { createJournalFiles } from '../../../agent/adapters/state-directory/journal-files.ts';
import { createRevisionFiles } from '../../../agent/adapters/state-directory/revision-files.ts';
import type { Offer } from '../../../agent/app/offer/offer.ts';
import { createAgent, type RunningAgent } from '../../../agent/app/create-agent.ts';
import type { AgentDeps } from '../../../agent/app/wiring/agent-deps.ts';
import type { AgentSettings } from '../../../agent/app/state/settings-now.ts';
import type { CalicoDatastore } from '../../../agent/ports/datastore/calico-datastore.ts';
import type { FleetStore } from '../../../agent/ports/datastore/fleet-store.ts';
import type { WriterLease } from '../../../agent/ports/datastore/writer-lease.ts';
import type { Decider } from '../../../agent/ports/decider.ts';
import type { ConnectedDatastore } from '../../../agent/ports/datastore/connected-datastore.ts';
import type { BootClock } from '../../../agent/ports/boot-clock.ts';
import type { Clock } from '../../../agent/ports/clock.ts';
import type { HostRoutes } from '../../../agent/ports/host-routes.ts';
import type { SessionsSource } from '../../../agent/ports/sessions.ts';
import { withoutUndefined } from '../../../core/without-undefined.ts';
import type { DetectedFacts } from '../../../agent/ports/facts-source.ts';
import type { EventStore } from '../../../agent/ports/storage/event-store.ts';
import type { Journal } from '../../../agent/ports/storage/journal.ts';
import type { GuardRoutes } from '../../../agent/ports/guard-routes.ts';
import type { Cluster } from '../../../agent/ports/platform/cluster.ts';
import type { Cloud } from '../../../agent/ports/cloud/cloud.ts';
import type { PlatformSource } from '../../../agent/ports/platform/platform-source.ts';
import type { HostChanges } from '../../../agent/ports/platform/host-changes.ts';
import type { LxdHost } from '../../../agent/ports/lxd-host.ts';
import type { StorageProblems } from '../../../agent/ports/storage/storage-problems.ts';
import type { RevisionStore } from '../../../agent/ports/storage/revision-store.ts';
import { silentLogger, type Logger } from '../../../runtime/log/logger.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { NodeFactsInput } from '../../../schemas/generated/node-facts.ts';
import { createManualClock } from '../clocks/manual-clock.ts';
import { createMemoryWriterLease } from '../twins/memory-writer-lease.ts';

export interface AgentOn {
  readonly folder: string;
  readonly datastore: CalicoDatastore;
  /** Default: no other agent takes part. */
  readonly lease?: WriterLease;
  /** Default: there is no exchange with other agents. */
  readonly fleet?: FleetStore;
  /** Replaces what the datastore and the lease make. */
  readonly connection?: ConnectedDatastore;
  /** Its role is lxd-host. */
  readonly lxd?: LxdHost;
  /** Absent: nobody reads files of a platform. */
  readonly host?: HostChanges;
  /** Absent: nobody looks which platform this machine is. */
  readonly platform?: PlatformSource;
  /** Absent: the agent refuses a configuration with a cloud section. */
  readonly cloud?: Cloud;
  /** Absent: the agent has no way to the Kubernetes cluster. */
  readonly cluster?: Cluster;
  /** Default: node; with an LXD lxd-host. */
  readonly roles?: AgentDeps['roles'];
  /** Absent: there are no guard routes. */
  readonly guardRoutes?: GuardRoutes;
  readonly settings?: Partial<AgentSettings>;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Default: in this process. */
  readonly decider?: Decider;
  readonly store?: RevisionStore;
  readonly journal?: Journal;
  /** Default: events are in memory alone, and need no timer. */
  readonly eventStore?: EventStore;
  readonly problems?: StorageProblems;
  readonly claim?: () => Promise<void>;
  readonly detected?: () => Partial<DetectedFacts>;
  readonly sessions?: SessionsSource;
  readonly routes?: HostRoutes;
  readonly boot?: BootClock;
  readonly controllerState?: () => AgentStatus['controller'];
}

/** The real agent over real state files; only Calico, the host and the clock are twins. */
export function agentOn(on: AgentOn): RunningAgent {
  const logger = on.logger ?? silentLogger;
  return createAgent({
    settings: { node: node0, reconcileSeconds: 60, ...on.settings },
    agentVersion: '0.0.0-test',
    fallbackName: 'fallback',
    connection: on.connection ?? connectionOf(on),
    ...(on.lxd !== undefined && { lxd: on.lxd }),
    ...withoutUndefined({ host: on.host, cluster: on.cluster, cloud: on.cloud }),
    ...(on.platform !== undefined && { platform: on.platform }),
    ...(on.roles !== undefined && { roles: on.roles }),
    ...(on.guardRoutes !== undefined && { guardRoutes: on.guardRoutes }),
    decider: on.decider ?? createInProcessDecider(),
    store: on.store ?? createRevisionFiles(on.folder, logger),
    journal: on.journal ?? createJournalFiles(on.folder, logger),
    ...(on.eventStore !== undefined && { eventStore: on.eventStore }),
    factsSource: {
      detect: () => Promise.resolve({ host: [], name: 'fallback', ...on.detected?.() }),
    },
    clock: on.clock ?? createManualClock(),
    logger,
    controllerState: on.controllerState ?? (() => undefined),
    ...withoutUndefined({ sessions: on.sessions, routes: on.routes, boot: on.boot }),
    ...(on.problems !== undefined && { problems: on.problems }),
    ...(on.claim !== undefined && { claim: on.claim }),
  });
}

function connectionOf({ datastore, lease, fleet }: AgentOn): ConnectedDatastore {
  return {
    datastore,
    writerLease: lease ?? createMemoryWriterLease().connect('node-0'),
    survey: {
      survey: async () => {
        const observed = await datastore.observe('node-0');
        const documents = observed.resources.map(({ resource }) => resource);
        return { ...observed, nodes: [], documents, blocks: [] };
      },
      removeNode: () => Promise.resolve(),
    },
    diagnosis: { diagnose: () => Promise.resolve([]) },
    ...(fleet !== undefined && { fleet }),
  };
}

const node0: NodeFactsInput = {
  name: 'node-0',
  units: ['calico/0'],
  addresses: ['10.0.0.2/24'],
};

export function localOffer(text: string, changes: Partial<Offer> = {}): Offer {
  return {
    source: 'local',
    lineage: 'local:node-0',
    mediaType: 'application/yaml',
    by: 'test',
    text,
    ...changes,
  };
}

/** Resolves with the first status from now on that meets the condition. */
export function statusWhen(
  agent: RunningAgent,
  isSo: (status: AgentStatus) => boolean,
): Promise<AgentStatus> {
  return new Promise((resolve) => {
    const now = agent.readings.status();
    if (isSo(now)) return resolve(now);
    const unsubscribe = agent.readings.subscribe((event) => {
      if (event.type !== 'status' || !isSo(event.status)) return;
      unsubscribe();
      resolve(event.status);
    });
  });
}

export function inForce(number: number): (status: AgentStatus) => boolean {
  return ({ state, revisions }) => state === 'in-force' && revisions.inForce?.number === number;
}
