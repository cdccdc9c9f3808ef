import type { AddCommand } from '../../runtime/cli/program.ts';
import type { ExitStatus, Terminal } from '../../runtime/cli/terminal.ts';
import type { Rollback } from '../app/confirm/rollback-target.ts';
import type { RollbackRequest } from '../app/operations/confirm.ts';
import type { KeptRevision, RevisionSummary } from '../app/state/history.ts';
import type { ConnectedDatastore } from '../ports/datastore/connected-datastore.ts';
import type { SupportSources } from '../ports/support.ts';
import type { Finding, HostExpectations } from '../ports/diagnosis.ts';
import type { LoggedEvent } from '../../schemas/generated/logged-event.ts';
import type { Platform } from '../../schemas/generated/agent-api/platform.ts';
import type { GuardRoutes } from '../ports/guard-routes.ts';
import type { LxdHost } from '../ports/lxd-host.ts';

/** Adds one command to calico-agent. */
export type AddAgentCommand = AddCommand<CommandContext>;

/** What commands need of their process; handed in, so that tests run commands without one. */
export interface CommandContext extends Terminal {
  /** Who runs the command, for the history: `<user>@<host>`. */
  readonly by: string;
  /** The environment of this process. */
  readonly environment: NodeJS.ProcessEnv;
  /** Runs the daemon until it is stopped. */
  runAgent(settings: RunSettings): Promise<ExitStatus>;
  /**
   * Where the state lies, for when the daemon does not run. @param given absent: as agent.yaml says, or the usual
   * one @throws AppError not-found where there is no such folder
   */
  stateDirectory(given?: string): Promise<string>;
  /** The history as it is on disk, for when the daemon does not run. */
  readHistory(stateDirectory: string): Promise<readonly RevisionSummary[]>;
  /** A kept revision as it is on disk. @throws AppError */
  readRevision(stateDirectory: string, name: string): Promise<KeptRevision>;
  /** Has the next start of the daemon roll back. @throws AppError already-running */
  rollBackOnDisk(stateDirectory: string, request: RollbackRequest): Promise<Rollback>;
  /** The events as they are on disk, oldest first, for when the daemon does not run. */
  readEvents(stateDirectory: string): Promise<readonly LoggedEvent[]>;
  /** The datastore itself, without the daemon. */
  connectDatastore(options: DatastoreOptions): Promise<ConnectedDatastore>;
  /**
   * agent.yaml as the daemon would read it. @param config absent: the usual one
   * @throws AppError
   */
  readSettings(config?: string): Promise<SettingsInUse>;
  /** The guard routes of this machine, without the daemon. */
  guardRoutes(): Promise<GuardRoutes>;
  /** What of this machine goes into a support bundle. Never rejects. @param config absent: the usual agent.yaml */
  supportSources(config?: string): Promise<SupportSources>;
  /** LXD on this machine, without the daemon. */
  connectLxd(): Promise<LxdHost>;
  /** Which platform this machine is, without the daemon. Never rejects. */
  readPlatform(): Promise<Platform>;
  /** Checks this machine: what Calico needs, and what the agent needs. Never throws. */
  diagnoseHost(expected: HostExpectations): Promise<readonly Finding[]>;
}

export interface RunSettings {
  /** Path of agent.yaml; absent: the usual one. */
  readonly config?: string;
}

export interface DatastoreOptions {
  /** Absent: as agent.yaml says; auto where there is no such file. */
  readonly from?: 'etcd' | 'kubernetes' | 'files' | 'auto';
  /** Path of agent.yaml; absent: the usual one. */
  readonly config?: string;
  /** The folder of the files driver. */
  readonly directory?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Where nobody names a datastore: the one that calicoctl uses, and not the agent's own files. */
  readonly asCalicoctl?: boolean;
}

/** The part of agent.yaml that doctor needs. */
export interface SettingsInUse {
  readonly stateDirectory: string;
  readonly socket: string;
  readonly agent: {
    readonly node: { readonly name?: string };
    readonly guard?: 'auto' | 'never';
  };
  readonly roles?: readonly ('node' | 'lxd-host')[];
  readonly datastore?: { readonly driver: string };
  readonly controller?: object;
  readonly birdSockets?: readonly string[];
}
