/** Reads all records of a kind, page by page. */
import { inTurns } from '../../../runtime/pacing/in-turns.ts';
import type { ListQuery, Store, StoredRecord } from '../../ports/store.ts';

/** Ten pages for a large fleet. */
const recordsPerPage = 1000;

export async function allRecords(
  store: Pick<Store, 'list'>,
  query: Omit<ListQuery, 'after' | 'limit'>,
  take: (record: StoredRecord) => void,
): Promise<void> {
  let after: string | undefined;
  do {
    const page = await store.list({
      ...query,
      limit: recordsPerPage,
      ...(after !== undefined && { after }),
    });
    await inTurns(page.records, take);
    after = page.next;
  } while (after !== undefined);
}
