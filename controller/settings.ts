/** The settings of a controller. */
import type { BackoffLimits } from '../core/protocol/backoff.ts';
import type { ControllerSideSettings } from '../core/protocol/controller-side.ts';
import type { NamedPerson } from './app/access/person.ts';
import type { ApprovalSettings } from './app/proposals/approval-rules.ts';
import type { TlsFiles } from './channel/secrets.ts';
import type { EtcdStoreConfig } from '../schemas/generated/controller-config.ts';
import type { LogSettings } from '../runtime/log/logger.ts';

/** Keys of an etcd cluster, for several controllers of which one leads. */
export type EtcdStoreSettings = Omit<EtcdStoreConfig, 'engine'>;

/** Where the keys of a cluster begin that has no other prefix. */
export function usualPrefix(cluster: string): string {
  return `/calico-controller/${cluster}/`;
}

/** The settings of one cluster: everything that is its own, and no other cluster's. */
export interface ClusterSettings {
  readonly cluster: string;
  /** `host:port`; port 0 is any free port. */
  readonly listen: string;
  /** Where other controllers reach `listen`, `host:port`. Default: `listen`. */
  readonly advertise?: string;
  /** The shared token; absent: agents have to present a certificate. */
  readonly tokenFile?: string;
  readonly tls?: TlsFiles;
  /** The controller's own authority; absent: another one issues the certificates. */
  readonly authority?: AuthoritySettings;
  readonly plaintextBeyondLoopback: boolean;
  readonly stateDirectory: string;
  /** Absent: the store is a file in the state directory. */
  readonly etcd?: EtcdStoreSettings;
  /** Days after which the controller forgets nodes that are away; 0: never. Default 30. */
  readonly forgetAfterDays?: number;
  /** The file with the configuration that the controller follows. */
  readonly source?: SourceSettings;
  /** People who present a certificate to the API. */
  readonly people?: readonly NamedPerson[];
  /** Absent: a configuration needs no approval. */
  readonly approvals?: ApprovalSettings;
}

/** The settings of the process, which all its clusters share. */
export interface ProcessSettings {
  readonly socket: string;
  /** An address of the loopback interface at which metrics are served too, as `127.0.0.1:9470`. */
  readonly metricsListen?: string;
  /** The API over HTTPS; absent: it is on the socket only. */
  readonly api?: ApiSettings;
  readonly timing?: Partial<ControllerTiming>;
}

/** A controller of one cluster. */
export interface ControllerSettings extends ClusterSettings, ProcessSettings {}

/** A controller of the clusters that its settings list. */
export interface SeveralClusters extends ProcessSettings {
  /** At least one. Their names, addresses, tokens and folders differ. */
  readonly clusters: readonly ClusterSettings[];
}

export interface ApiAddress {
  /** `host:port` */
  readonly listen: string;
  /** Where people reach `listen`, `host:port`, for other controllers to say. Default: `listen`. */
  readonly advertise?: string;
}

export interface ApiSettings extends ApiAddress {
  /** clientCaFile: the authorities that sign people's certificates; absent: they have none. */
  readonly tls: TlsFiles;
  /** Whether tokens are accepted. */
  readonly tokens: boolean;
}

export interface AuthoritySettings {
  readonly folder: string;
  /** How long certificates of nodes are valid. */
  readonly nodeMs: number;
  /** The controller's own certificate is of this authority, too. */
  readonly isForServer: boolean;
}

export interface SourceSettings {
  readonly folder: string;
  /** The path of the file below the folder; `{cluster}` stands for the cluster's name. */
  readonly pattern: string;
  /** The controller pushes what is new by itself. */
  readonly pushes: boolean;
  /** The file with the strategy of its rollouts, or of what is proposed. Absent: all nodes get it at once. */
  readonly strategyFile?: string;
}

export interface ControllerTiming extends Omit<ControllerSideSettings, 'cluster'> {
  readonly tickMs: number;
  /** Changes of the nodes within this time are written together. */
  readonly keepMs: number;
  /** The longest time for the store's last writes when the controller ends. */
  readonly storeEndMs: number;
  /** Answers of the nodes within this time are written together. */
  readonly answersMs: number;
  /** The longest time for which the start waits for the stores of several clusters. */
  readonly startMs: number;
  /** How soon a cluster that cannot be served is tried again. */
  readonly again: BackoffLimits;
  /** How often the followed file is read. Default 2 s. */
  readonly sourceMs?: number;
  /** How often the controller notes which nodes are connected. Default 5 min. */
  readonly seenMs?: number;
  /** The longest time for a connection without a certificate or the token. */
  readonly strangerMs: number;
}

export type ServeSettings = (ControllerSettings | SeveralClusters) & { readonly log: LogSettings };
