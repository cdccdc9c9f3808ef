/** Tells watchers of the changes that this process makes: no other one changes the store. */
import { groupBy } from '../../../core/group-by.ts';
import type { RecordChange, StoreWatcher } from '../../ports/store.ts';

export interface Watchers {
  add(kind: string, watcher: StoreWatcher): () => void;
  tell(changes: readonly RecordChange[], version: number): void;
}

export function createWatchers(): Watchers {
  const watched = new Map<StoreWatcher, string>();
  return {
    add: (kind, watcher) => {
      watched.set(watcher, kind);
      return () => watched.delete(watcher);
    },
    tell: (changes, version) => {
      const byKind = groupBy(changes, ({ kind }) => kind);
      for (const [watcher, kind] of watched) {
        const own = byKind.get(kind) ?? [];
        if (own.length > 0) watcher.changed(own.map((change) => ({ ...change, version })));
      }
    },
  };
}
