/** The revisions of a fleet in the store, with the newest number that they have used. */
import { controllerLineage } from '../../../core/protocol/messages.ts';
import type { Revision } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Comparison, RecordChange, Store } from '../../ports/store.ts';
import { numbersName, revisionName, rolloutName } from './fleet-keys.ts';
import { lastNumberOf, numbersText, revisionOf } from './fleet-texts.ts';

export interface RevisionRecords {
  /**
   * @param more changes of other records, in the same transaction
   * @param needed numbers that stay, however old they are
   */
  add(
    revision: Revision,
    more?: readonly RecordChange[],
    needed?: readonly number[],
  ): Promise<void>;
  replace(revision: Revision, more?: readonly RecordChange[]): Promise<void>;
  /** Undefined: there is none, or it cannot be read. */
  read(number: number): Promise<Revision | undefined>;
  /** Takes a revision, or a decision about one, back whose commit failed, if it was stored, or is stored later. */
  takeBack(): Promise<void>;
}

/** A revision that may be in the store after a failure; it was given to nobody. */
interface UncertainRevision {
  readonly kind: 'revision';
  readonly number: number;
  readonly text: string;
  /** The newest number before it. */
  readonly last: number;
  readonly others: readonly Other[];
}

/** A decision about a revision that may be in the store after a failure; no node was told of it. */
interface UncertainDecision {
  readonly kind: 'decision';
  readonly number: number;
  readonly text: string;
  /** The text of the revision before it. */
  readonly before: string;
  readonly others: readonly Other[];
}

/** Another record of its transaction. */
interface Other {
  readonly before: RecordChange;
  /** The version before it; 0: there was no such record. */
  readonly version: number;
  /** The text in the transaction; undefined: it is removed. */
  readonly text: string | undefined;
}

/** The number of revisions that stay, for people to read. */
const keptRevisions = 50;

export function createRevisionRecords(store: Store, cluster: string): RevisionRecords {
  const numbers = numbersName(cluster);
  let uncertain: UncertainRevision | UncertainDecision | undefined;

  const add: RevisionRecords['add'] = async (revision, more = [], needed = []) => {
    await takeBack();
    const { number } = revision;
    const text = JSON.stringify(revision);
    const before = await store.get(numbers);
    const last = before === undefined ? 0 : lastNumberOf(before);
    if (last >= number) throw usedNumber(number);
    const others = await asTheyAre(store, more);
    try {
      const { ok } = await store.commit({
        compare: [{ ...numbers, version: before?.version ?? 0 }, ...compared(others)],
        changes: [
          { ...revisionName(cluster, number), text },
          { ...numbers, text: numbersText(number) },
          ...outdated(cluster, number, needed),
          ...more,
        ],
      });
      if (ok) return;
    } catch (error) {
      uncertain = { kind: 'revision', number, text, last, others };
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
    if (one.kind === 'revision') await takeRevisionBack(one);
    else await takeDecisionBack(one);
    if (uncertain === one) uncertain = undefined;
  };
  const takeRevisionBack = async (one: UncertainRevision): Promise<void> => {
    const name = revisionName(cluster, one.number);
    const before = await store.get(numbers);
    const stored = await store.get(name);
    const last = before === undefined ? 0 : lastNumberOf(before);
    const isThere = last === one.number && stored?.text === one.text;
    if (isThere || last === one.last) {
      const written = isThere ? await stillWritten(store, one.others) : [];
      const { ok } = await store.commit({
        compare: [
          { ...numbers, version: before?.version ?? 0 },
          ...(isThere ? [{ ...name, version: stored.version }] : []),
          ...compared(written),
        ],
        // Its commit may still be on its way to the store: it fails once the number has another version.
        changes: [
          { ...numbers, text: numbersText(one.last) },
          ...(isThere ? [name, ...written.map((other) => other.before)] : []),
        ],
      });
      // Another use of the store was faster, such as that commit.
      if (!ok) return takeRevisionBack(one);
    }
  };
  const takeDecisionBack = async (one: UncertainDecision): Promise<void> => {
    const name = revisionName(cluster, one.number);
    const stored = await store.get(name);
    const isThere = stored?.text === one.text;
    // Another controller has replaced it meanwhile.
    if (stored === undefined || (!isThere && stored.text !== one.before)) return;
    const written = isThere ? await stillWritten(store, one.others) : [];
    const { ok } = await store.commit({
      compare: [{ ...name, version: stored.version }, ...compared(written)],
      // Its commit may still be on its way to the store: it fails once the revision has another version.
      changes: [{ ...name, text: one.before }, ...written.map((other) => other.before)],
    });
    if (!ok) return takeDecisionBack(one);
  };
  return {
    add,
    replace: async (revision, more = []) => {
      await takeBack();
      const { number } = revision;
      const name = revisionName(cluster, number);
      const text = JSON.stringify(revision);
      const before = await store.get(name);
      const others = await asTheyAre(store, more);
      try {
        const { ok } = await store.commit({
          compare: [{ ...name, version: before?.version ?? 0 }, ...compared(others)],
          changes: [{ ...name, text }, ...more],
        });
        if (ok) return;
      } catch (error) {
        if (before !== undefined) {
          uncertain = { kind: 'decision', number, text, before: before.text, others };
          await takeBack().catch(() => undefined);
        }
        throw error;
      }
      throw usedNumber(number);
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

/** Removes the revision that is too old now, with its rollout, unless a rollout still needs it. */
function outdated(
  cluster: string,
  number: number,
  needed: readonly number[],
): readonly RecordChange[] {
  const old = number - keptRevisions;
  if (old < 1 || needed.includes(old)) return [];
  return [revisionName(cluster, old), rolloutName(cluster, old)];
}

/** The records of these changes as they are now. */
function asTheyAre(
  store: Pick<Store, 'get'>,
  changes: readonly RecordChange[],
): Promise<readonly Other[]> {
  return Promise.all(
    changes.map(async ({ kind, key, text }) => {
      const record = await store.get({ kind, key });
      const before = { kind, key, ...(record !== undefined && { text: record.text }) };
      return { before, version: record?.version ?? 0, text };
    }),
  );
}

/** Those that still are as the transaction wrote them, with their versions now. */
async function stillWritten(
  store: Pick<Store, 'get'>,
  others: readonly Other[],
): Promise<readonly Other[]> {
  const found = await Promise.all(
    others.map(async (other) => {
      const record = await store.get(other.before);
      return record?.text === other.text ? [{ ...other, version: record?.version ?? 0 }] : [];
    }),
  );
  return found.flat();
}

function compared(others: readonly Other[]): readonly Comparison[] {
  return others.map(({ before: { kind, key }, version }) => ({ kind, key, version }));
}

function usedNumber(number: number): AppError {
  return new AppError(
    'datastore-conflict',
    `cannot store revision ${String(number)}: another controller has changed it meanwhile; push again`,
  );
}
