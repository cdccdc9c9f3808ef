/**
 * Fills an empty store that needs several transactions for that. Until the last one a record says so,
 * and no controller uses the store.
 */
import { AppError } from '../../../runtime/errors.ts';
import type { BackupRecord } from '../../../schemas/generated/store-backup.ts';
import type { RecordChange, RecordName, Store } from '../../ports/store.ts';
import { identityName, restoringName } from '../store/fleet-keys.ts';
import { inTransactions } from '../store/in-transactions.ts';
import { fingerprintOf, recordsOf } from './store-records.ts';

/** Called after each transaction with the numbers of the records that are written, and of all. */
export type Progress = (done: number, all: number) => void;

/** @throws AppError; then the store is empty, or a further attempt begins anew */
export async function fillStore(
  store: Store,
  records: readonly BackupRecord[],
  progress: Progress,
): Promise<void> {
  const [identity, others] = [
    records.filter(isIdentity),
    records.filter((one) => !isIdentity(one)),
  ];
  await makeEmpty(store, identity);
  let done = 0;
  for (const changes of inTransactions(others, store.bounds)) {
    await store.commit({ changes });
    done += changes.length;
    progress(done, records.length);
  }
  await verify(store, others);
  await store.commit({ changes: [...identity, restoringName] });
  progress(records.length, records.length);
}

/** @throws AppError where the store holds anything but the rest of an earlier attempt */
async function makeEmpty(store: Store, identity: readonly BackupRecord[]): Promise<void> {
  const begun = await store.get(restoringName);
  const found = await namesIn(store);
  if (begun === undefined && found.length > 0 && !(await isUnused(store, found, identity))) {
    const held = found.length === 1 ? '1 record' : `${String(found.length)} records`;
    const reason = `it holds ${held} already, perhaps because a controller was started there`;
    const help =
      'name an empty one (in etcd another store.prefix), or remove them if nobody needs them';
    throw new AppError('bad-request', `cannot write to ${store.place}: ${reason}; ${help}`);
  }
  // The first write, so that no controller takes the store for an empty one.
  await store.commit({
    changes: [{ ...restoringName, text: JSON.stringify({ formatVersion: 1 }) }],
  });
  const removals = found.map((name): RecordChange => name);
  for (const changes of inTransactions(removals, store.bounds)) await store.commit({ changes });
}

/** A controller of the same cluster was started there, and has stored nothing else yet. */
async function isUnused(
  store: Store,
  found: readonly RecordName[],
  identity: readonly BackupRecord[],
): Promise<boolean> {
  if (!found.every(isIdentity)) return false;
  const standing = await store.get(identityName);
  return identity.some(({ text }) => text === standing?.text);
}

/** @throws AppError where the store does not have exactly these records */
export async function verify(store: Store, records: readonly BackupRecord[]): Promise<void> {
  const snapshot = await store.snapshot();
  try {
    const [wanted, found] = [
      await fingerprintOf(records),
      await fingerprintOf(recordsOf(snapshot)),
    ];
    if (wanted === found) return;
  } finally {
    await snapshot.close();
  }
  throw new AppError(
    'io-failed',
    `cannot write to ${store.place}: what is there differs from what was written; try again`,
    { retryable: true },
  );
}

async function namesIn(store: Store): Promise<readonly RecordName[]> {
  const snapshot = await store.snapshot();
  try {
    const names: RecordName[] = [];
    for await (const { kind, key } of recordsOf(snapshot)) names.push({ kind, key });
    return names;
  } finally {
    await snapshot.close();
  }
}

function isIdentity({ kind, key }: RecordName): boolean {
  return kind === identityName.kind && key === identityName.key;
}
