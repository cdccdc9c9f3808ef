/** The state of a fleet in the store. */
import type { Revision } from '../../../core/revision/revision.ts';
import { isOver } from '../../../core/rollout/step.ts';
import type { Rollout } from '../../../core/rollout/steps.ts';
import { newestOf } from '../../../core/rollout/targets.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { StoredNode } from '../../../schemas/generated/controller-state.ts';
import type { StoredAnswer } from '../../../schemas/generated/node-answer.ts';
import type { RecordChange, Store } from '../../ports/store.ts';
import type { LiveRollout } from '../assignment/assignment.ts';
import { createAnswerRecords, type NodeAnswer } from './answer-records.ts';
import { identityName, numbersName, restoringName } from './fleet-keys.ts';
import { clusterOf, identityText, lastNumberOf } from './fleet-texts.ts';
import type { KnownStore } from './known-store.ts';
import { checkRequirements } from './requirements.ts';
import { createRolloutRecords, type RolloutRecords } from './rollout-records.ts';
import { createNodeRecords, type UnreadableNode } from './node-records.ts';
import { createRevisionRecords, type RevisionRecords } from './revision-records.ts';

/** The state that a controller keeps over a restart. */
export interface FleetStore {
  /** Loads the state. @throws AppError where it belongs to another cluster, or cannot be read */
  load(): Promise<StoredFleetState>;
  /**
   * Stores a revision, which is on disk when this resolves. @throws AppError datastore-conflict
   * where another controller has used the number
   * @param rollouts stored with it: its own one, and the one that it ends
   */
  addRevision(revision: Revision, rollouts?: readonly Rollout[]): Promise<void>;
  /**
   * Replaces the newest revision by the same one with a person's decision. It is on disk when this
   * resolves; after a failure the old one stays.
   */
  replaceRevision(revision: Revision, rollouts?: readonly Rollout[]): Promise<void>;
  /** Undefined: there is no such revision any more, or it is damaged. */
  readRevision(number: number): Promise<Revision | undefined>;
  readonly rollouts: Pick<RolloutRecords, 'all' | 'save' | 'saveMembers' | 'keepMembers'>;
  /**
   * Replaces all stored nodes; writes those that have changed.
   * @param unreadable names of nodes whose records stay as they are
   */
  saveNodes(nodes: readonly StoredNode[], unreadable?: readonly string[]): Promise<void>;
  /** Stores these nodes; the others stay as they are. */
  saveSomeNodes(nodes: readonly StoredNode[]): Promise<void>;
  /** Stores these nodes' last answers, which are on disk when this resolves. */
  saveAnswers(answers: readonly NodeAnswer[]): Promise<void>;
}

export interface StoredFleetState {
  /** The newest revision; absent: there is none, or it cannot be read any more. */
  readonly revision?: Revision;
  /** The newest number that was ever used; 0 for none. */
  readonly lastNumber: number;
  /** The rollout of the newest revision; absent: all nodes get it. */
  readonly rollout?: LiveRollout;
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
  /** Absent: the engine itself tells a lost store from a new one. */
  readonly known?: Pick<KnownStore, 'mayBeginEmpty' | 'remember'> | undefined;
}

export function createFleetStore(deps: FleetStoreDeps): FleetStore {
  const { store, cluster, known } = deps;
  const nodes = createNodeRecords(store, cluster);
  const answers = createAnswerRecords(store, cluster);
  const revisions = createRevisionRecords(store, cluster);
  const rollouts = createRolloutRecords(store, cluster);
  const changes = (some: readonly Rollout[]): readonly RecordChange[] => some.map(rollouts.change);
  return {
    load: async () => {
      await checkRequirements(store);
      await claim(store, cluster, known);
      // Together, because the revision is verified in another process; each is awaited, also after a failure.
      const reading = [newest(deps, revisions, rollouts), nodes.load(), answers.load()] as const;
      await Promise.allSettled(reading);
      const [revision, { nodes: stored, unreadable }, answered] = await Promise.all(reading);
      await known?.remember(revision.lastNumber);
      return {
        nodes: stored,
        ...(unreadable.length > 0 && { unreadable }),
        ...(answered.size > 0 && { answers: answered }),
        ...revision,
      };
    },
    addRevision: (revision, some = []) =>
      revisions.add(revision, changes(some), some.flatMap(numbersOf)),
    replaceRevision: (revision, some = []) => revisions.replace(revision, changes(some)),
    readRevision: (number) => readWhole(number, revisions, deps.digestOfText),
    rollouts: {
      ...rollouts,
      save: async (rollout) => {
        // A revision that may be stored belongs to a state of the rollout that this one replaces.
        await revisions.takeBack();
        await rollouts.save(rollout);
      },
    },
    saveNodes: async (all, unreadable = []) => {
      await revisions.takeBack();
      await nodes.save(all, unreadable);
      await answers.retain(all.map(({ name }) => name));
    },
    saveSomeNodes: async (some) => {
      await revisions.takeBack();
      await nodes.saveSome(some);
    },
    saveAnswers: answers.save,
  };
}

/** Writes down the cluster to which the store belongs, if it is new. @throws AppError invalid-settings */
async function claim(store: Store, cluster: string, known: FleetStoreDeps['known']): Promise<void> {
  const before = await store.get(identityName);
  if (before === undefined) {
    if ((await store.get(restoringName)) !== undefined) throw half(store);
    await known?.mayBeginEmpty();
    const { ok } = await store.commit({
      compare: [{ ...identityName, version: 0 }],
      changes: [{ ...identityName, text: identityText(cluster) }],
    });
    if (!ok) await claim(store, cluster, known);
    return;
  }
  const owner = clusterOf(before);
  if (owner !== cluster) throw ofOther(store, owner, cluster);
}

/** Undefined: the store is of this cluster, or new, or cannot be read now. It is not changed. */
export async function otherOwner(store: Store, cluster: string): Promise<AppError | undefined> {
  try {
    const identity = await store.get(identityName);
    const owner = identity && clusterOf(identity);
    return owner === undefined || owner === cluster ? undefined : ofOther(store, owner, cluster);
  } catch {
    return undefined;
  }
}

function ofOther({ place }: Store, owner: string, cluster: string): AppError {
  return new AppError(
    'invalid-settings',
    `cannot use ${place}: it belongs to the cluster "${owner}", not "${cluster}"; give each cluster its own`,
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
 * The newest revision with its rollout; none if one of them is damaged: the agents would refuse an
 * older one, its number must not come again, and without the rollout nobody knows whose turn it is.
 */
async function newest(
  { store, cluster, logger, digestOfText }: FleetStoreDeps,
  revisions: RevisionRecords,
  rollouts: RolloutRecords,
): Promise<Pick<StoredFleetState, 'revision' | 'lastNumber' | 'problem' | 'rollout'>> {
  const numbers = await store.get(numbersName(cluster));
  const lastNumber = numbers === undefined ? 0 : lastNumberOf(numbers);
  if (lastNumber === 0) return { lastNumber };
  const failed = (why: string): Pick<StoredFleetState, 'lastNumber' | 'problem'> => {
    const problem = `${why}: agents keep their configuration; push the configuration again`;
    logger.error(problem, { revision: lastNumber });
    return { lastNumber, problem };
  };
  const read = (number: number): Promise<Revision | undefined> =>
    readWhole(number, revisions, digestOfText);
  const revision = await read(lastNumber);
  if (revision === undefined) {
    return failed(`the stored text of revision ${String(lastNumber)} is damaged`);
  }
  try {
    const stored = await rollouts.newest();
    if (stored === undefined || newestOf(stored.rollout) !== lastNumber) {
      // Only a rollout gives a revision without the cluster-wide resources, wave after wave.
      if (revision.clusterShare !== undefined) {
        return failed(`the stored rollout does not have revision ${String(lastNumber)}, its own`);
      }
      // An older program pushed a revision after the rollout.
      return { revision, lastNumber };
    }
    const known = new Map([[lastNumber, revision]]);
    for (const number of neededOf(stored.rollout)) {
      const one = known.get(number) ?? (await read(number));
      if (one === undefined) {
        return failed(`the stored text of revision ${String(number)} is damaged`);
      }
      known.set(number, one);
    }
    return { revision, lastNumber, rollout: { ...stored, revisions: known } };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'corrupt-file') throw error;
    return failed(error.message);
  }
}

/** Undefined: it is damaged. It goes to agents, so it has to be exactly the pushed one. */
async function readWhole(
  number: number,
  revisions: RevisionRecords,
  digestOfText: FleetStoreDeps['digestOfText'],
): Promise<Revision | undefined> {
  const revision = await revisions.read(number);
  if (revision === undefined) return undefined;
  return (await digestOfText(revision.text)) === revision.digest ? revision : undefined;
}

/** The revisions that nodes may get; after the end of a rollout all get the newest one. */
function neededOf(rollout: Rollout): readonly number[] {
  if (isOver(rollout) || rollout.kind === 'push') return [];
  return numbersOf(rollout);
}

function numbersOf({ revisions }: Rollout): readonly number[] {
  return Object.values(revisions).filter((number) => number !== undefined);
}
