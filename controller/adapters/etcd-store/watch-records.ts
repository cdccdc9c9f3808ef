/** A watch of the records of a kind in etcd. */
import { AppError } from '../../../runtime/errors.ts';
import type { EtcdClient } from '../../../runtime/etcd/etcd-client.ts';
import type { KeyEvent } from '../../../runtime/etcd/keys.ts';
import type { ChangedRecord, StoreWatcher } from '../../ports/store.ts';
import { kindPrefix, recordName } from './etcd-keys.ts';
import { textOf } from './etcd-values.ts';

/** @returns a function that ends it, once the watch has begun. @throws AppError where it cannot */
export function watchRecords(
  client: Pick<EtcdClient, 'watch'>,
  prefix: string,
  kind: string,
  watcher: StoreWatcher,
): Promise<() => void> {
  return new Promise((resolve, reject) => {
    let hasBegun = false;
    const watch = client.watch([{ prefix: kindPrefix(prefix, kind) }], {
      changed: (events) => {
        for (const changes of transactionsOf(prefix, events)) watcher.changed(changes);
      },
      began: () => {
        if (hasBegun) return watcher.missed();
        hasBegun = true;
        resolve(() => watch.stop());
      },
      failing: (reason) => {
        // A watch that has begun goes on trying.
        if (hasBegun) return;
        watch.stop();
        const message = `cannot watch the store in etcd: ${reason}`;
        reject(new AppError('datastore-failed', message, { retryable: true }));
      },
    });
  });
}

/** The events of each transaction together: they have one revision. */
function transactionsOf(
  prefix: string,
  events: readonly KeyEvent[],
): readonly (readonly ChangedRecord[])[] {
  const transactions = new Map<string, ChangedRecord[]>();
  for (const event of events) {
    const name = recordName(prefix, event.key);
    if (name === undefined) continue;
    const version = Number(event.revision);
    const changed =
      event.type === 'put' ? { ...name, version, text: textOf(event.value) } : { ...name, version };
    const others = transactions.get(event.revision);
    if (others === undefined) transactions.set(event.revision, [changed]);
    else others.push(changed);
  }
  return [...transactions.values()];
}
