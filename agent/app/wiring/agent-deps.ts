import type { Logger } from '../../../runtime/log/logger.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { BootClock } from '../../ports/boot-clock.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ConnectedDatastore } from '../../ports/datastore/connected-datastore.ts';
import type { Decider } from '../../ports/decider.ts';
import type { FactsSource } from '../../ports/facts-source.ts';
import type { EventStore } from '../../ports/storage/event-store.ts';
import type { HostRoutes } from '../../ports/host-routes.ts';
import type { Cluster } from '../../ports/platform/cluster.ts';
import type { Cloud } from '../../ports/cloud/cloud.ts';
import type { HostChanges } from '../../ports/platform/host-changes.ts';
import type { PlatformSource } from '../../ports/platform/platform-source.ts';
import type { Journal } from '../../ports/storage/journal.ts';
import type { GuardRoutes } from '../../ports/guard-routes.ts';
import type { LxdHost } from '../../ports/lxd-host.ts';
import type { RevisionStore } from '../../ports/storage/revision-store.ts';
import type { SessionsSource } from '../../ports/sessions.ts';
import type { Role } from '../../../core/deciding/question.ts';
import type { StorageProblems } from '../../ports/storage/storage-problems.ts';
import type { AgentSettings } from '../state/settings-now.ts';

/** The ports and settings that an agent is built with. */
export interface AgentDeps {
  readonly settings: AgentSettings;
  readonly agentVersion: string;
  /** The node's name until the facts are read. */
  readonly fallbackName: string;
  readonly connection: ConnectedDatastore;
  /** The agent's roles; absent: lxd-host where there is an LXD, else node. */
  readonly roles?: readonly Role[];
  /** LXD on this machine, for the role lxd-host. */
  readonly lxd?: LxdHost;
  /** The names of all nodes, where another source than the datastore's own cluster gives them. */
  readonly livingNodes?: () => Promise<readonly string[]>;
  readonly decider: Decider;
  readonly store: RevisionStore;
  readonly journal: Journal;
  /** Absent: events are kept only until the process ends. */
  readonly eventStore?: EventStore;
  readonly factsSource: FactsSource;
  /** How often the agent reads this machine's addresses and units; absent: only in each pass. */
  readonly readFactsMs?: number;
  /** Absent: the BGP sessions of this machine cannot be read. */
  readonly sessions?: SessionsSource;
  /** Absent: this agent has no BGP routes to guard. */
  readonly guardRoutes?: GuardRoutes;
  /** Absent: the routes of this machine's kernel cannot be read. */
  readonly routes?: HostRoutes;
  /** Absent: the agent has no way to the Kubernetes cluster itself. */
  readonly cluster?: Cluster;
  /** Absent: nobody reads the platform of this machine. */
  readonly platform?: PlatformSource;
  /** Absent: the agent refuses a configuration that names a platform. */
  readonly host?: HostChanges;
  /** Absent: the agent refuses a configuration with a cloud section. */
  readonly cloud?: Cloud;
  /** Absent: the agent's own clock counts, and no restart of the machine is noticed. */
  readonly boot?: BootClock;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly controllerState: () => AgentStatus['controller'];
  /** Absent: this agent presents no certificate. The same object as long as nothing changed. */
  readonly certificate?: () => AgentStatus['certificate'];
  /**
   * Locks the state directory for this process; until that succeeds nothing is written. @throws
   * AppError
   */
  readonly claim?: () => Promise<void>;
  /** Faults that the store and the journal found on disk. */
  readonly problems?: StorageProblems;
}

export function rolesOf({ roles, lxd }: Pick<AgentDeps, 'roles' | 'lxd'>): readonly Role[] {
  return roles ?? [lxd === undefined ? 'node' : 'lxd-host'];
}
