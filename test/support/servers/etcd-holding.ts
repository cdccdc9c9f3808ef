import { allPages } from '../../../runtime/etcd/all-pages.ts';
import type { EtcdClient } from '../../../runtime/etcd/etcd-client.ts';
import type { KeyRange, StoredKey } from '../../../runtime/etcd/keys.ts';
import { AppError } from '../../../runtime/errors.ts';
import { ReadingBudget } from '../../../runtime/pacing/reading-budget.ts';

/** A client of an etcd that holds these texts, by key. It can only be read. */
export function etcdHolding(texts: Readonly<Record<string, string>>): EtcdClient {
  const unused = (): Promise<never> => Promise.reject(new AppError('not-found', 'not asked for'));
  const stored = Object.entries(texts).map(([key, value]): StoredKey => ({
    key,
    value,
    created: '7',
    modified: '7',
    lease: '0',
  }));
  const within = (range: KeyRange): readonly StoredKey[] =>
    stored.filter(({ key }) => ('key' in range ? key === range.key : key.startsWith(range.prefix)));
  const at = { revision: '7', clusterId: '1' };
  return {
    read: (ranges) => Promise.resolve({ ...at, ranges: ranges.map(within) }),
    readParts: async (ranges, keep, { budget = new ReadingBudget() } = {}) => {
      const lists = ranges.map((range, index) => {
        const page = { keys: within(range), more: false };
        return allPages(() => Promise.resolve(page), keep(index), budget);
      });
      return { ...at, ranges: await Promise.all(lists) };
    },
    readPage: (range) => Promise.resolve({ keys: within(range), revision: '7', more: false }),
    commit: unused,
    grantLease: unused,
    keepLease: unused,
    revokeLease: unused,
    watch: () => ({ stop: () => undefined }),
    statuses: () => Promise.resolve([]),
    close: () => undefined,
  };
}
