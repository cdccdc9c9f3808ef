import type { CleanDeps } from '../app/platform/clean-left-overs.ts';
import type { ManifestDeps } from '../app/platform/write-k3s-manifest.ts';
import type { AddCommand } from '../../runtime/cli/program.ts';
import type { ExitStatus, Terminal } from '../../runtime/cli/terminal.ts';
import type { Rollback } from '../app/confirm/rollback-target.ts';
import type { RollbackRequest } from '../app/operations/confirm.ts';
import type { KeptRevision, RevisionHistory } from '../app/state/history.ts';
import type { ConnectedDatastore } from '../ports/datastore/connected-datastore.ts';
import type { SupportSources } from '../ports/support.ts';
import type { Finding, HostExpectations } from '../ports/diagnosis.ts';
import type { LoggedEvent } from '../../schemas/generated/logged-event.ts';
import type { Platform } from '../../schemas/generated/agent-api/platform.ts';
import type { Ec2 } from '../ports/cloud/ec2.ts';
import type { LivingKops } from '../ports/platform/living-kops.ts';
import type { LivingMetalLbSource } from '../ports/platform/living-metallb.ts';
import type { RunningImages } from '../ports/platform/running-images.ts';
import type { HostFiles } from '../ports/platform/host-files.ts';
import type { MicroK8s } from '../ports/platform/microk8s.ts';
import type { GuardRoutes } from '../ports/guard-routes.ts';
import type { LxdHost } from '../ports/lxd-host.ts';

/** Adds one command to calico-agent. */
export type AddAgentCommand = AddCommand<CommandContext>;

/**
 * The parts of their process that commands need. They are handed in, so that tests can run commands
 * without a process.
 */
export interface CommandContext extends Terminal {
  /** The user of the command, for the history: `<user>@<host>`. */
  readonly by: string;
  /** The environment of this process. */
  readonly environment: NodeJS.ProcessEnv;
  /** Runs the daemon until it is stopped. */
  runAgent(settings: RunSettings): Promise<ExitStatus>;
  /**
   * Finds the state directory, for use while the daemon does not run. @param given absent: the one
   * of agent.yaml, or the usual one @throws AppError not-found where there is no such folder
   */
  stateDirectory(given?: string): Promise<string>;
  /** Reads the history from disk, for use while the daemon does not run. */
  readHistory(stateDirectory: string): Promise<RevisionHistory>;
  /** Reads a kept revision from disk. @throws AppError */
  readRevision(stateDirectory: string, name: string): Promise<KeptRevision>;
  /** Makes the next start of the daemon roll back. @throws AppError already-running */
  rollBackOnDisk(stateDirectory: string, request: RollbackRequest): Promise<Rollback>;
  /** Reads the events from disk, oldest first, for use while the daemon does not run. */
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
  /**
   * The parts of this machine for the support bundle. Never rejects. @param config absent: the
   * usual agent.yaml
   */
  supportSources(config?: string): Promise<SupportSources>;
  /** LXD on this machine, without the daemon. */
  connectLxd(): Promise<LxdHost>;
  /** Which platform this machine is, without the daemon. Never rejects. */
  readPlatform(): Promise<Platform>;
  /**
   * This machine as an instance of EC2, without the daemon; undefined: nothing says that it is one.
   * @param aws the section of agent.yaml @throws AppError
   */
  connectEc2(aws: SettingsInUse['aws']): Promise<Ec2 | undefined>;
  /**
   * Calico's pods in the cluster of agent.yaml; undefined: it names none. @param config absent: the usual agent.yaml
   * @throws AppError
   */
  connectImages(config?: string): Promise<RunningImages | undefined>;
  /** A running cluster, to compare a document of kops with. @throws AppError */
  connectLivingKops(choice: ClusterChoice): Promise<LivingKops>;
  /** The same for MetalLB and the Services. @throws AppError */
  connectLivingMetalLb(choice: ClusterChoice): Promise<LivingMetalLbSource>;
  /** MicroK8s on this machine, without the daemon. */
  connectMicroK8s(): Promise<{ readonly files: HostFiles; readonly microk8s: MicroK8s }>;
  /** The left-overs of an earlier CNI on this machine, without the daemon. */
  connectCniCleaner(): Promise<CleanDeps>;
  /** The folder from which K3s on this machine applies manifests, without the daemon. */
  connectK3sManifests(): Promise<ManifestDeps>;
  /** Checks what Calico and the agent need on this machine. Never throws. */
  diagnoseHost(expected: HostExpectations): Promise<readonly Finding[]>;
}

export interface RunSettings {
  /** Path of agent.yaml; absent: the usual one. */
  readonly config?: string;
}

export interface DatastoreOptions {
  /** Absent: the one of agent.yaml; auto where there is no such file. */
  readonly from?: 'etcd' | 'kubernetes' | 'files' | 'auto';
  /** Path of agent.yaml; absent: the usual one. */
  readonly config?: string;
  /** The folder of the files driver. */
  readonly directory?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  /**
   * True: if no datastore is named, the command uses that of calicoctl, and not the agent's own
   * files.
   */
  readonly asCalicoctl?: boolean;
}

/** The options of a command that reads a running cluster. */
export interface ClusterChoice {
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Path of agent.yaml; absent: the usual one. */
  readonly config?: string;
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
  /** The way to the Kubernetes cluster itself; absent: there is none. */
  readonly cluster?: object;
  readonly birdSockets?: readonly string[];
  readonly aws?: { readonly metadataEndpoint?: string; readonly ec2Endpoint?: string };
}
