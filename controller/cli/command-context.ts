import type { AddCommand } from '../../runtime/cli/program.ts';
import type { ExitStatus, Terminal } from '../../runtime/cli/terminal.ts';
import type { BackupHead, BackupRecord } from '../../schemas/generated/store-backup.ts';
import type { EtcdStoreSettings, ServeSettings } from '../settings.ts';

/** The work on stores that needs more than the socket of a running controller. */
export interface StoreTools {
  /** Writes a new file. @throws AppError also where there is such a file */
  writeBackup(
    file: string,
    head: Omit<BackupHead, 'backup' | 'formatVersion'>,
    records: AsyncIterable<BackupRecord>,
  ): Promise<void>;
  /** @param placeOf the place of the store of the cluster that the backup names */
  restoreBackup(
    file: string,
    placeOf: (cluster: string) => StorePlace,
    progress: Progress,
  ): Promise<FilledStore>;
  /**
   * @param cluster of the store in etcd
   * @param isNamed a person named the cluster, so that no other one is copied
   */
  migrateStore(
    to: 'etcd' | 'embedded',
    places: Required<StorePlace> & { readonly cluster: string; readonly isNamed: boolean },
    progress: Progress,
  ): Promise<FilledStore>;
}

/** The work of `init`, which needs no running controller. */
export interface InitTools {
  /** The names and addresses of this machine, its host name first. */
  ownNames(): readonly string[];
  /**
   * Where the state of a controller of one cluster is; undefined: there is none.
   * @throws AppError also where etcd does not answer
   */
  stateIn(
    stateDirectory: string,
    etcd: StorePlace['etcd'] | undefined,
  ): Promise<string | undefined>;
  /** Makes what is missing. @throws AppError */
  initAuthority(wanted: {
    readonly stateDirectory: string;
    readonly folder: string;
    readonly cluster: string;
    readonly names: readonly string[];
  }): Promise<InitializedAuthority>;
  /** @throws AppError also while a controller uses the store */
  firstToken(
    place: StorePlace & { readonly cluster: string },
    wanted: {
      readonly uses: number;
      readonly expiresInSeconds: number;
      readonly nodes: readonly string[];
      readonly by: string;
      /** What to do where the store has tokens, nodes or revisions. */
      readonly inUse: 'refuse' | 'add';
    },
  ): Promise<{ readonly token: FirstToken; readonly text: string }>;
}

/** A token without its secret. */
interface FirstToken {
  readonly id: string;
  readonly at: string;
  readonly by: string;
  readonly expiresAt: string;
  readonly uses: number;
  readonly used: number;
}

export interface InitializedAuthority {
  /** The files that were made now; none: all were there. */
  readonly made: readonly string[];
  readonly digest: string;
  /** Its certificate names the cluster that is wanted. */
  readonly isOfCluster: boolean;
  /** The names in the certificate of the controller. */
  readonly names: readonly string[];
}

export interface StorePlace {
  readonly stateDirectory: string;
  /** Absent: the store in the state directory. */
  readonly etcd?: EtcdStoreSettings;
}

/** Called with the numbers of the records that are written, and of all. */
type Progress = (done: number, all: number) => void;

export interface FilledStore {
  readonly cluster: string;
  readonly records: number;
  /** For people, such as `the state directory "/var/lib/calico-controller"`. */
  readonly place: string;
}

/** Adds one command to calico-controller. */
export type AddControllerCommand = AddCommand<CommandContext>;

/**
 * The parts of their process that commands need. They are handed in, so that tests can run commands
 * without a process.
 */
export interface CommandContext extends Terminal {
  /** The user of the command, for the history: `<user>@<host>`. */
  readonly by: string;
  /** Runs the controller until it is stopped. @param reread reads the settings again */
  serve(settings: ServeSettings, reread: () => Promise<ServeSettings>): Promise<ExitStatus>;
  /** Loads them, with the engines of the store. */
  initTools(): Promise<InitTools>;
  /** Loads them, with the engines of the store. */
  storeTools(): Promise<StoreTools>;
}
