/** The state of a fleet in the store. */
import type { Revision } from '../../../core/revision/revision.ts';
import { controllerLineage } from '../../../core/protocol/messages.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { StoredNode } from '../../../schemas/generated/controller-state.ts';
import type { RecordChange, Store } from '../../ports/store.ts';
import { identityName, numbersName, revisionName } from './fleet-keys.ts';
import { clusterOf, identityText, lastNumberOf, numbersText, revisionOf } from './fleet-texts.ts';
import { createNodeRecords } from './node-records.ts';

/** The state that a controller keeps over a restart. */
export interface FleetStore {
  /** Loads the state. @throws AppError where it belongs to another cluster, or cannot be read */
  load(): Promise<StoredFleetState>;
  /**
   * Stores a revision, which is on disk when this resolves. @throws AppError datastore-conflict
   * where another controller has used the number
   */
  addRevision(revision: Revision): Promise<void>;
  /**
   * Replaces the newest revision by the same one with a person's decision. It is on disk when this
   * resolves; after a failure the old one stays.
   */
  replaceRevision(revision: Revision): Promise<void>;
  /** Replaces all stored nodes; writes those that have changed. */
  saveNodes(nodes: readonly StoredNode[]): Promise<void>;
}

export interface StoredFleetState {
  /** The newest revision; absent: there is none, or it cannot be read any more. */
  readonly revision?: Revision;
  /** The newest number that was ever used; 0 for none. */
  readonly lastNumber: number;
  /** A fault of the stored state, with a hint. */
  readonly problem?: string;
  readonly nodes: readonly StoredNode[];
}

export interface FleetStoreDeps {
  readonly store: Store;
  readonly cluster: string;
  readonly logger: Logger;
  /** Undefined: the text cannot be read. The work is not done on this event loop. */
  readonly digestOfText: (text: string) => Promise<string | undefined>;
}

/** A revision that may be in the store after a failure; it was given to nobody. */
interface Uncertain {
  readonly number: number;
  readonly text: string;
  /** The newest number before it. */
  readonly last: number;
}

/** The number of revisions that stay, for people to read. */
const keptRevisions = 50;

export function createFleetStore(deps: FleetStoreDeps): FleetStore {
  const { store, cluster } = deps;
  const nodes = createNodeRecords(store, cluster);
  const numbers = numbersName(cluster);
  let uncertain: Uncertain | undefined;

  const addRevision = async (revision: Revision): Promise<void> => {
    await takeBack();
    const { number } = revision;
    const text = JSON.stringify(revision);
    const before = await store.get(numbers);
    const last = before === undefined ? 0 : lastNumberOf(before);
    if (last >= number) throw usedNumber(number);
    const old: readonly RecordChange[] =
      number > keptRevisions ? [revisionName(cluster, number - keptRevisions)] : [];
    try {
      const { ok } = await store.commit({
        compare: [{ ...numbers, version: before?.version ?? 0 }],
        changes: [
          { ...revisionName(cluster, number), text },
          { ...numbers, text: numbersText(number) },
          ...old,
        ],
      });
      if (ok) return;
    } catch (error) {
      uncertain = { number, text, last };
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
    const isNewest = before !== undefined && lastNumberOf(before) === one.number;
    if (isNewest && stored?.text === one.text) {
      const { ok } = await store.commit({
        compare: [
          { ...numbers, version: before.version },
          { ...name, version: stored.version },
        ],
        changes: [name, { ...numbers, text: numbersText(one.last) }],
      });
      // Another use of the store was faster.
      if (!ok) return takeBack();
    }
    if (uncertain === one) uncertain = undefined;
  };
  return {
    load: async () => {
      await claim(store, cluster);
      return { ...(await nodes.load()), ...(await newest(deps)) };
    },
    addRevision,
    replaceRevision: async (revision) => {
      const name = revisionName(cluster, revision.number);
      const before = await store.get(name);
      const { ok } = await store.commit({
        compare: [{ ...name, version: before?.version ?? 0 }],
        changes: [{ ...name, text: JSON.stringify(revision) }],
      });
      if (!ok) throw usedNumber(revision.number);
    },
    saveNodes: async (all) => {
      await takeBack();
      await nodes.save(all);
    },
  };
}

/** Writes down the cluster to which the store belongs, if it is new. @throws AppError invalid-settings */
async function claim(store: Store, cluster: string): Promise<void> {
  const before = await store.get(identityName);
  if (before === undefined) {
    const { ok } = await store.commit({
      compare: [{ ...identityName, version: 0 }],
      changes: [{ ...identityName, text: identityText(cluster) }],
    });
    if (!ok) await claim(store, cluster);
    return;
  }
  const owner = clusterOf(before);
  if (owner === cluster) return;
  throw new AppError(
    'invalid-settings',
    `cannot use ${store.place}: it belongs to the cluster "${owner}", not "${cluster}"; give each cluster its own`,
  );
}

/**
 * The newest revision; none if it is damaged: the agents would refuse an older one, and its number
 * must not come again.
 */
async function newest({
  store,
  cluster,
  logger,
  digestOfText,
}: FleetStoreDeps): Promise<Pick<StoredFleetState, 'revision' | 'lastNumber' | 'problem'>> {
  const numbers = await store.get(numbersName(cluster));
  const lastNumber = numbers === undefined ? 0 : lastNumberOf(numbers);
  if (lastNumber === 0) return { lastNumber };
  const record = await store.get(revisionName(cluster, lastNumber));
  const revision = record === undefined ? undefined : revisionOf(record);
  const isIt = revision?.number === lastNumber && revision.lineage === controllerLineage(cluster);
  // It goes to every agent, so it has to be exactly the pushed one.
  if (isIt && (await digestOfText(revision.text)) === revision.digest) {
    return { revision, lastNumber };
  }
  const problem = `the stored text of revision ${String(lastNumber)} is damaged: agents keep their configuration; push the configuration again`;
  logger.error(problem);
  return { lastNumber, problem };
}

function usedNumber(number: number): AppError {
  return new AppError(
    'datastore-conflict',
    `cannot store revision ${String(number)}: another controller has changed it meanwhile; push again`,
  );
}
