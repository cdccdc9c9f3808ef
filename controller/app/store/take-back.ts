/** Takes a commit back of which nobody knows whether it is in the store, and keeps it out if it comes later. */
import type { Comparison, RecordChange, Store } from '../../ports/store.ts';
import { numbersName, revisionName } from './fleet-keys.ts';
import { lastNumberOf, numbersText } from './fleet-texts.ts';

export type Uncertain = UncertainRevision | UncertainDecision;

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

export async function takeUncertainBack(
  store: Store,
  cluster: string,
  one: Uncertain,
): Promise<void> {
  if (one.kind === 'revision') await takeRevisionBack(store, cluster, one);
  else await takeDecisionBack(store, cluster, one);
}

/**
 * After a failed commit the revision may be in the store. It is removed, because a refused push must
 * not reach the agents with the next start. A revision of another controller stays.
 */
async function takeRevisionBack(
  store: Store,
  cluster: string,
  one: UncertainRevision,
): Promise<void> {
  const numbers = numbersName(cluster);
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
    if (!ok) return takeRevisionBack(store, cluster, one);
  }
}

async function takeDecisionBack(
  store: Store,
  cluster: string,
  one: UncertainDecision,
): Promise<void> {
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
  if (!ok) return takeDecisionBack(store, cluster, one);
}

/** The records of these changes as they are now. */
export function asTheyAre(
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

export function compared(others: readonly Other[]): readonly Comparison[] {
  return others.map(({ before: { kind, key }, version }) => ({ kind, key, version }));
}
