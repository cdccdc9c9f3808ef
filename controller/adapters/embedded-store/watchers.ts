/** Tells watchers of the changes that this process makes: no other one changes the store. */
import { groupBy } from '../../../core/group-by.ts';
import type { RecordChange, StoreWatcher } from '../../ports/store.ts';

export interface Watchers {
  add(kind: string, watcher: StoreWatcher): () => void;
  tell(changes: readonly RecordChange[], version: number): void;
  /** These changes may have been made, or not. */
  miss(changes: readonly RecordChange[]): void;
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
    miss: (changes) => {
      const kinds = new Set(changes.map(({ kind }) => kind));
      for (const [watcher, kind] of watched) if (kinds.has(kind)) watcher.missed();
    },
  };
}
