/** All records of a store at one moment, without those that belong to running controllers. */
import { createHash } from 'node:crypto';
import { byText } from '../../../core/by-text.ts';
import type { BackupRecord } from '../../../schemas/generated/store-backup.ts';
import { leaderKind, type RecordName, type StoreSnapshot } from '../../ports/store.ts';
import { restoringName } from '../store/fleet-keys.ts';

export async function* recordsOf(snapshot: StoreSnapshot): AsyncGenerator<BackupRecord> {
  let after: RecordName | undefined;
  for (;;) {
    const page = await snapshot.page(after);
    if (page.length === 0) return;
    for (const { kind, key, text } of page) {
      const isOfRun = kind === leaderKind || isRestoring({ kind, key });
      if (!isOfRun) yield { kind, key, text };
    }
    after = page.at(-1);
  }
}

/** The same for the same records, in whatever order. */
export async function fingerprintOf(
  records: Iterable<BackupRecord> | AsyncIterable<BackupRecord>,
): Promise<string> {
  const digests: string[] = [];
  for await (const { kind, key, text } of records) {
    digests.push(createHash('sha256').update(`${kind}\n${key}\n`).update(text).digest('base64'));
  }
  const all = createHash('sha256');
  for (const digest of digests.toSorted(byText)) all.update(digest);
  return all.digest('hex');
}

export function isRestoring({ kind, key }: RecordName): boolean {
  return kind === restoringName.kind && key === restoringName.key;
}
