/** Records in memory, for tests of what a controller makes of them. It can die at any commit. */
import type { RecordName, Store, StoredRecord } from '../../../controller/ports/store.ts';

export interface MemoryStore extends Store {
  /** How many commits have been made. */
  commits: number;
  /** From now on nothing reaches it: its process is dead. */
  isDead: boolean;
  /** Called at each commit; it may say that the process dies before it or after it. */
  dies: (commit: number) => 'before' | 'after' | undefined;
  /** Another process opens the same records. */
  reopen(): MemoryStore;
  put(name: RecordName, text: string): void;
  texts(kind: string): readonly string[];
}

export function memoryStore(records = new Map<string, StoredRecord>()): MemoryStore {
  const keyOf = ({ kind, key }: RecordName): string => `${kind}/${key}`;
  const notHere = (): Promise<never> => Promise.reject(new Error('not here'));
  let version = 0;
  const put = ({ kind, key }: RecordName, text: string | undefined): void => {
    version += 1;
    if (text === undefined) records.delete(keyOf({ kind, key }));
    else records.set(keyOf({ kind, key }), { kind, key, text, version });
  };
  const store: MemoryStore = {
    place: 'the memory of the test',
    bounds: { changes: 100, bytes: 1024 * 1024 },
    commits: 0,
    isDead: false,
    dies: () => undefined,
    get: (name) => {
      if (store.isDead) return Promise.reject(new Error('killed'));
      return Promise.resolve(records.get(keyOf(name)));
    },
    list: ({ kind, prefix = '' }) => {
      if (store.isDead) return Promise.reject(new Error('killed'));
      const found = [...records.values()].filter(
        (one) => one.kind === kind && one.key.startsWith(prefix),
      );
      const sorted = found.toSorted((one, other) => (one.key < other.key ? -1 : 1));
      return Promise.resolve({ records: sorted });
    },
    commit: ({ compare = [], changes }) => {
      if (store.isDead) return Promise.reject(new Error('killed'));
      store.commits += 1;
      const death = store.dies(store.commits);
      store.isDead = death !== undefined;
      if (death === 'before') return Promise.reject(new Error('killed'));
      const holds = compare.every((one) => (records.get(keyOf(one))?.version ?? 0) === one.version);
      if (holds) for (const { text, ...name } of changes) put(name, text);
      if (death === 'after') return Promise.reject(new Error('killed'));
      return Promise.resolve(holds ? { ok: true, version } : { ok: false });
    },
    watch: notHere,
    snapshot: notHere,
    lead: notHere,
    close: () => Promise.resolve(),
    reopen: () => memoryStore(records),
    put,
    texts: (kind) => [...records.values()].flatMap((one) => (one.kind === kind ? [one.text] : [])),
  };
  return store;
}
