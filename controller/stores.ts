/** Builds the store that the settings name. */
import type { Logger } from '../runtime/log/logger.ts';
import { createEtcdClient } from '../runtime/etcd/etcd-client.ts';
import { threadBeside } from '../runtime/confined/thread-beside.ts';
import { earlierFiles } from './adapters/earlier-files/earlier-files.ts';
import type { OpenHost } from './adapters/embedded-store/database-host.ts';
import { createEmbeddedStore, storeFileName } from './adapters/embedded-store/embedded-store.ts';
import { hostOnThread } from './adapters/embedded-store/host-on-thread.ts';
import { readConnection } from './adapters/etcd-store/connection-files.ts';
import { createEtcdStore } from './adapters/etcd-store/etcd-store.ts';
import { storeNoteFile } from './adapters/etcd-store/store-note-file.ts';
import { fleetRecords } from './app/store/fleet-records.ts';
import { refuseEmptyBeside } from './app/store/known-store.ts';
import type { Store } from './ports/store.ts';
import type { StoreNote } from './ports/store-note.ts';
import { usualPrefix, type EtcdStoreSettings } from './settings.ts';

const storeProgram = threadBeside('calico-controller-store.js', 'controller/store-thread.ts');

export const usualHost: OpenHost = hostOnThread(storeProgram);

export interface EmbeddedOptions {
  readonly cluster: string;
  readonly stateDirectory: string;
  readonly openHost: OpenHost;
  readonly digestOfText: (text: string) => Promise<string | undefined>;
}

export function openEmbedded(
  { cluster, stateDirectory: folder, openHost, digestOfText }: EmbeddedOptions,
  logger: Logger,
): Store {
  const earlier = earlierFiles(folder, { cluster, logger, digestOfText });
  return createEmbeddedStore({
    folder,
    openHost,
    earlierState: async () => {
      await refuseEmptyBeside(storeNoteOf(folder));
      const state = await earlier.read();
      return state === undefined ? [] : fleetRecords(state);
    },
    putAside: earlier.putAside,
    logger,
  });
}

export function storeNoteOf(stateDirectory: string): StoreNote {
  return storeNoteFile(stateDirectory, storeFileName);
}

/** @throws AppError invalid-settings where a certificate, a key or the password cannot be used */
export async function openEtcd(settings: EtcdStoreSettings, cluster: string): Promise<Store> {
  await readConnection(settings);
  // Read again once no endpoint answers: the files may have changed.
  const client = createEtcdClient(() => readConnection(settings));
  const { prefix = usualPrefix(cluster), leaseSeconds } = settings;
  return createEtcdStore({ client, prefix, ...(leaseSeconds !== undefined && { leaseSeconds }) });
}
