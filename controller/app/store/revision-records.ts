/** The revisions of a fleet in the store, with the newest number that they have used. */
import { controllerLineage } from '../../../core/protocol/messages.ts';
import type { Revision } from '../../../core/revision/revision.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { RecordChange, Store } from '../../ports/store.ts';
import { numbersName, revisionName, rolloutName } from './fleet-keys.ts';
import { lastNumberOf, numbersText, revisionOf } from './fleet-texts.ts';
import { asTheyAre, compared, takeUncertainBack, type Uncertain } from './take-back.ts';

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

/** The number of revisions that stay, for people to read. */
const keptRevisions = 50;

export function createRevisionRecords(store: Store, cluster: string): RevisionRecords {
  const numbers = numbersName(cluster);
  let uncertain: Uncertain | undefined;

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
  const takeBack = async (): Promise<void> => {
    const one = uncertain;
    if (one === undefined) return;
    await takeUncertainBack(store, cluster, one);
    if (uncertain === one) uncertain = undefined;
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

function usedNumber(number: number): AppError {
  return new AppError(
    'datastore-conflict',
    `cannot store revision ${String(number)}: another controller has changed it meanwhile; push again`,
  );
}
