/** The state of a fleet in the store. */
import type { Revision } from '../../../core/revision/revision.ts';
import { controllerLineage } from '../../../core/protocol/messages.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { StoredNode } from '../../../schemas/generated/controller-state.ts';
import type { StoredAnswer } from '../../../schemas/generated/node-answer.ts';
import type { Store } from '../../ports/store.ts';
import { createAnswerRecords, type NodeAnswer } from './answer-records.ts';
import { identityName, numbersName, restoringName, revisionName } from './fleet-keys.ts';
import { clusterOf, identityText, lastNumberOf, revisionOf } from './fleet-texts.ts';
import { createNodeRecords, type UnreadableNode } from './node-records.ts';
import { createRevisionRecords } from './revision-records.ts';

/** The state that a controller keeps over a restart. */
export interface FleetStore {
  /** Loads the state. @throws AppError where it belongs to another cluster, or cannot be read */
  load(): Promise<StoredFleetState>;
  /**
   * Stores a revision, which is on disk when this resolves. @throws AppError datastore-conflict
   * where another controller has used the number
   */
  addRevision(revision: Revision): Promise<void>;
  /** One of the last 50 revisions; undefined: it is not there, or cannot be read. */
  readRevision(number: number): Promise<Revision | undefined>;
  /**
   * Replaces the newest revision by the same one with a person's decision. It is on disk when this
   * resolves; after a failure the old one stays.
   */
  replaceRevision(revision: Revision): Promise<void>;
  /**
   * Replaces all stored nodes; writes those that have changed.
   * @param unreadable names of nodes whose records stay as they are
   */
  saveNodes(nodes: readonly StoredNode[], unreadable?: readonly string[]): Promise<void>;
  /** Stores these nodes' last answers, which are on disk when this resolves. */
  saveAnswers(answers: readonly NodeAnswer[]): Promise<void>;
}

export interface StoredFleetState {
  /** The newest revision; absent: there is none, or it cannot be read any more. */
  readonly revision?: Revision;
  /** The newest number that was ever used; 0 for none. */
  readonly lastNumber: number;
  /** A fault of the stored state, with a hint. */
  readonly problem?: string;
  readonly nodes: readonly StoredNode[];
  /** Nodes whose records cannot be read; absent: none. */
  readonly unreadable?: readonly UnreadableNode[];
  /** The last answers of nodes, by name; absent: none. */
  readonly answers?: ReadonlyMap<string, StoredAnswer>;
}

export interface FleetStoreDeps {
  readonly store: Store;
  readonly cluster: string;
  readonly logger: Logger;
  /** Undefined: the text cannot be read. The work is not done on this event loop. */
  readonly digestOfText: (text: string) => Promise<string | undefined>;
}

export function createFleetStore(deps: FleetStoreDeps): FleetStore {
  const { store, cluster } = deps;
  const nodes = createNodeRecords(store, cluster);
  const answers = createAnswerRecords(store, cluster);
  const revisions = createRevisionRecords(store, cluster);
  return {
    load: async () => {
      await claim(store, cluster);
      const { nodes: stored, unreadable } = await nodes.load();
      const answered = await answers.load();
      return {
        nodes: stored,
        ...(unreadable.length > 0 && { unreadable }),
        ...(answered.size > 0 && { answers: answered }),
        ...(await newest(deps)),
      };
    },
    addRevision: revisions.add,
    readRevision: revisions.read,
    replaceRevision: revisions.replace,
    saveNodes: async (all, unreadable = []) => {
      await revisions.takeBack();
      await nodes.save(all, unreadable);
      await answers.retain(all.map(({ name }) => name));
    },
    saveAnswers: answers.save,
  };
}

/** Writes down the cluster to which the store belongs, if it is new. @throws AppError invalid-settings */
async function claim(store: Store, cluster: string): Promise<void> {
  const before = await store.get(identityName);
  if (before === undefined) {
    if ((await store.get(restoringName)) !== undefined) throw half(store);
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

function half({ place }: Store): AppError {
  return new AppError(
    'not-ready',
    `cannot use ${place}: it is being filled from a backup, or that was interrupted; run calico-controller store restore, or store migrate, again`,
    { retryable: true },
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
