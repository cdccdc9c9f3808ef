/** The revisions of a fleet in the store, with the newest number that they have used. */
import { controllerLineage } from '../../../core/protocol/messages.ts';
import type { Revision } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { RecordChange, Store } from '../../ports/store.ts';
import { numbersName, revisionName, rolloutName } from './fleet-keys.ts';
import { lastNumberOf, numbersText, revisionOf } from './fleet-texts.ts';

export interface RevisionRecords {
  /** @param more changes of other records, in the same transaction */
  add(revision: Revision, more?: readonly RecordChange[]): Promise<void>;
  replace(revision: Revision, more?: readonly RecordChange[]): Promise<void>;
  /** Undefined: there is none, or it cannot be read. */
  read(number: number): Promise<Revision | undefined>;
  /** Takes a revision back whose commit failed, if it was stored, or is stored later. */
  takeBack(): Promise<void>;
}

/** A revision that may be in the store after a failure; it was given to nobody. */
interface Uncertain {
  readonly number: number;
  readonly text: string;
  /** The newest number before it. */
  readonly last: number;
  /** The other records of its transaction, as they were before it. */
  readonly before: readonly RecordChange[];
}

/** The number of revisions that stay, for people to read. */
const keptRevisions = 50;

export function createRevisionRecords(store: Store, cluster: string): RevisionRecords {
  const numbers = numbersName(cluster);
  let uncertain: Uncertain | undefined;

  const add: RevisionRecords['add'] = async (revision, more = []) => {
    await takeBack();
    const { number } = revision;
    const text = JSON.stringify(revision);
    const before = await store.get(numbers);
    const last = before === undefined ? 0 : lastNumberOf(before);
    if (last >= number) throw usedNumber(number);
    const others = await asTheyAre(store, more);
    const old: readonly RecordChange[] =
      number > keptRevisions
        ? [
            revisionName(cluster, number - keptRevisions),
            rolloutName(cluster, number - keptRevisions),
          ]
        : [];
    try {
      const { ok } = await store.commit({
        compare: [{ ...numbers, version: before?.version ?? 0 }],
        changes: [
          { ...revisionName(cluster, number), text },
          { ...numbers, text: numbersText(number) },
          ...old,
          ...more,
        ],
      });
      if (ok) return;
    } catch (error) {
      uncertain = { number, text, last, before: others };
      await takeBack().catch(() => undefined);
      throw error;
    }
    throw usedNumber(number);
  };
  /**
   * After a failed commit the revision may be in the store. It is removed, because a refused push
   * must not reach the agents with the next start. A revision of another controller stays.
   */
  const takeBack = async (): Promise<void> => {
    const one = uncertain;
    if (one === undefined) return;
    const name = revisionName(cluster, one.number);
    const before = await store.get(numbers);
    const stored = await store.get(name);
    const last = before === undefined ? 0 : lastNumberOf(before);
    const isThere = last === one.number && stored?.text === one.text;
    if (isThere || last === one.last) {
      const { ok } = await store.commit({
        compare: [
          { ...numbers, version: before?.version ?? 0 },
          ...(isThere ? [{ ...name, version: stored.version }] : []),
        ],
        // Its commit may still be on its way to the store: it fails once the number has another version.
        changes: [
          { ...numbers, text: numbersText(one.last) },
          ...(isThere ? [name, ...one.before] : []),
        ],
      });
      // Another use of the store was faster, such as that commit.
      if (!ok) return takeBack();
    }
    if (uncertain === one) uncertain = undefined;
  };
  return {
    add,
    replace: async (revision, more = []) => {
      const name = revisionName(cluster, revision.number);
      const before = await store.get(name);
      const { ok } = await store.commit({
        compare: [{ ...name, version: before?.version ?? 0 }],
        changes: [{ ...name, text: JSON.stringify(revision) }, ...more],
      });
      if (!ok) throw usedNumber(revision.number);
    },
    read: (number) => readRevision(store, cluster, number),
    takeBack,
  };
}

async function readRevision(
  store: Pick<Store, 'get'>,
  cluster: string,
  number: number,
): Promise<Revision | undefined> {
  const record = await store.get(revisionName(cluster, number));
  const revision = record && revisionOf(record);
  const isIt = revision?.number === number && revision.lineage === controllerLineage(cluster);
  return isIt ? revision : undefined;
}

/** The records of these changes as they are now, as changes. */
function asTheyAre(
  store: Pick<Store, 'get'>,
  changes: readonly RecordChange[],
): Promise<readonly RecordChange[]> {
  return Promise.all(
    changes.map(async ({ kind, key }) => {
      const text = (await store.get({ kind, key }))?.text;
      return { kind, key, ...(text !== undefined && { text }) };
    }),
  );
}

function usedNumber(number: number): AppError {
  return new AppError(
    'datastore-conflict',
    `cannot store revision ${String(number)}: another controller has changed it meanwhile; push again`,
  );
}
