import type { RevisionSummary } from '../app/agent.ts';
import type { ConnectedDatastore } from '../ports/connected-datastore.ts';
import type { Finding, HostExpectations } from '../ports/diagnosis.ts';
import type { LxdHost } from '../ports/lxd-host.ts';

/** 0: done. 1: failed. 2: refused input, or wrong usage. 3: something drifted. */
export type ExitStatus = 0 | 1 | 2 | 3;

/** What commands need of the process; handed in, so that tests run commands without one. */
export interface CliWorld {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  /** Who runs the command, for the history: `<user>@<host>`. */
  readonly by: string;
  /** Of this process. */
  readonly environment: NodeJS.ProcessEnv;
  /** Runs the daemon until it is stopped. */
  runAgent(settings: RunSettings): Promise<ExitStatus>;
  /** The history as it lies on disk, for when the daemon is dead. */
  readHistory(stateDirectory: string): Promise<readonly RevisionSummary[]>;
  /** The datastore itself, without the daemon. */
  connectDatastore(options: DatastoreOptions): Promise<ConnectedDatastore>;
  /**
   * agent.yaml as the daemon would read it. @param config absent: the usual one
   * @throws AppError
   */
  readSettings(config?: string): Promise<SettingsInUse>;
  /** LXD on this machine, without the daemon. */
  connectLxd(): Promise<LxdHost>;
  /** How this machine is for Calico and for us; never throws. */
  diagnoseHost(expected: HostExpectations): Promise<readonly Finding[]>;
}

export interface RunSettings {
  /** Path of agent.yaml; absent: the usual one. */
  readonly config?: string;
}

export interface DatastoreOptions {
  /** Absent: as agent.yaml says, and without one auto. */
  readonly from?: 'etcd' | 'kubernetes' | 'files' | 'auto';
  /** Path of agent.yaml; absent: the usual one. */
  readonly config?: string;
  /** Of the files driver. */
  readonly directory?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Where nobody names a datastore: what calicoctl uses, and not the agent's own files. */
  readonly asCalicoctl?: boolean;
}

/** What doctor needs to know of agent.yaml. */
export interface SettingsInUse {
  readonly stateDirectory: string;
  readonly socket: string;
  readonly agent: { readonly node: { readonly name?: string } };
  readonly role?: 'node' | 'lxd-host';
  readonly datastore?: { readonly driver: string };
  readonly controller?: object;
}

/** Makes a commander action of a function that ends with an exit status. */
export type Ending = <A extends unknown[]>(
  run: (...args: A) => Promise<ExitStatus>,
) => (...args: A) => Promise<void>;
