import { watch, type FSWatcher } from 'node:fs';
import type { DatastoreWatch, WatchListener } from '../../ports/datastore/calico-datastore.ts';

export interface FolderWatch {
  start(listener: WatchListener): DatastoreWatch;
  /** Begins to watch, where the folder was missing before. */
  arm(): void;
}

/**
 * Reports that a document changed. The agent does not depend on it, because it also reads
 * regularly.
 */
export function createFolderWatch(folder: string): FolderWatch {
  const listeners = new Set<WatchListener>();
  let watcher: FSWatcher | undefined;
  const disarm = (): void => {
    watcher?.close();
    watcher = undefined;
  };
  const arm = (): void => {
    if (watcher !== undefined || listeners.size === 0) return;
    try {
      watcher = watch(folder, { persistent: false }, (_event, name) => {
        if (name !== null && !/^[^.].*\.(ya?ml|json)$/.test(name)) return;
        for (const listener of listeners) listener.changed({ type: 'anything' });
      });
      watcher.on('error', disarm);
    } catch {
      // The folder is missing, or this machine allows no more watches: the regular reading is
      // enough.
      watcher = undefined;
    }
  };
  return {
    arm,
    start: (listener) => {
      listeners.add(listener);
      arm();
      return {
        stop: () => {
          listeners.delete(listener);
          if (listeners.size === 0) disarm();
          return Promise.resolve();
        },
      };
    },
  };
}
