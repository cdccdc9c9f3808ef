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
  restoreBackup(file: string, place: StorePlace, progress: Progress): Promise<FilledStore>;
  /** @param cluster of the store in etcd */
  migrateStore(
    to: 'etcd' | 'embedded',
    places: Required<StorePlace> & { readonly cluster: string },
    progress: Progress,
  ): Promise<FilledStore>;
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
  /** Runs the controller until it is stopped. */
  serve(settings: ServeSettings): Promise<ExitStatus>;
  /** Loads them, with the engines of the store. */
  storeTools(): Promise<StoreTools>;
}
