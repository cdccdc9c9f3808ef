import { watch, type FSWatcher } from 'node:fs';
import type { DatastoreWatch, WatchListener } from '../../ports/datastore/calico-datastore.ts';

export interface FolderWatch {
  start(listener: WatchListener): DatastoreWatch;
  /** Begins where the folder was not there before. */
  arm(): void;
}

/** Tells that some document changed. Nothing hangs on it: the slow re-read finds everything, too. */
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
      // Not there yet, or no watches left on this machine: the slow re-read has to do.
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
