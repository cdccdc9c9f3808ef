/**
 * What the nodes have before a new rollout. What they get again when it goes back, what a barrier compares
 * with, and what a preview compares with follow from this alone: the newest revision may be one that every
 * node has refused or rolled back.
 */
import type { Revision, RevisionRef } from '../../../core/revision/revision.ts';
import type { LiveRollout } from '../assignment/assignment.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { FleetStore } from '../store/fleet-store.ts';
import { countHeld, type CountedHeld } from './count-held.ts';

export interface HeldContent {
  /** What nearly all nodes have. Absent: they have nothing, or several contents, or nobody knows. */
  readonly base?: Revision;
  /** What nodes have, or may have. The first is the one that most nodes have, or else the newest one. */
  readonly contents: readonly Revision[];
  /** Nodes have a content that cannot be read any more. */
  readonly isUnread: boolean;
  /** How many connected nodes have each digest; '' for nothing. */
  readonly counts: ReadonlyMap<string, number>;
}

export interface HeldDeps {
  readonly fleet: Pick<Fleet, 'revision' | 'lastNumber' | 'records'>;
  readonly store: Pick<FleetStore, 'readRevision'>;
  readonly rollouts: { readonly current: () => LiveRollout | undefined };
}

/** The most contents that are read; a fleet seldom has more. */
const mostContents = 4;

export async function heldContent({ fleet, store, rollouts }: HeldDeps): Promise<HeldContent> {
  const newest = fleet.revision();
  // A revision that cannot be read, or that only the agents know.
  const isUnreadNewest = newest === undefined && fleet.lastNumber() > 0;
  if (newest === undefined) return { contents: [], isUnread: isUnreadNewest, counts: new Map() };
  const before = rollouts.current();
  const found = countHeld(fleet.records(), newest);
  const { counts } = found;
  const baseBefore = async (): Promise<Revision | undefined> => {
    const { base } = before?.rollout.revisions ?? {};
    if (base === undefined) return undefined;
    return before?.revisions.get(base) ?? (await store.readRevision(base));
  };
  // Some nodes have the one of a rollout that has not ended, and others have its base.
  const isBetween = before !== undefined && isOnTheWay(before);
  const between = isBetween ? await baseBefore() : undefined;
  if (between !== undefined) {
    return { base: between, contents: [between], isUnread: false, counts };
  }
  const known = [newest, ...(before?.revisions.values() ?? [])];
  const { contents, isUnread } = await readHeld(found, known, store);
  if (found.isUnknown) {
    const earlier = await baseBefore();
    const maybe = earlier === undefined ? [newest] : [newest, earlier];
    return { contents: maybe, isUnread, counts };
  }
  const base = isBetween ? undefined : contents.find(({ digest }) => digest === found.same);
  // Its cluster-wide resources were never in force, and nobody has approved them.
  if (base?.clusterShare !== undefined) return { contents, isUnread, counts };
  return { ...(base !== undefined && { base }), contents, isUnread, counts };
}

function isOnTheWay({ rollout: { kind, state } }: LiveRollout): boolean {
  return state.phase === 'back' || (kind === 'rollout' && state.phase === 'forward');
}

async function readHeld(
  { held, counts }: CountedHeld,
  known: readonly Revision[],
  store: HeldDeps['store'],
): Promise<Pick<HeldContent, 'contents' | 'isUnread'>> {
  const countOf = (digest: string): number => counts.get(digest) ?? 0;
  const all = [...held].toSorted(
    ([one, refs], [other, others]) =>
      countOf(other) - countOf(one) || numberIn(others) - numberIn(refs),
  );
  const read = await Promise.all(
    all.slice(0, mostContents).map(([digest, refs]) => readOne(digest, refs, known, store)),
  );
  const contents = read.filter((revision) => revision !== undefined);
  return { contents, isUnread: contents.length < all.length };
}

/** The revisions of a digest have the same content, and one of them may be kept still. */
async function readOne(
  digest: string,
  refs: readonly RevisionRef[],
  known: readonly Revision[],
  store: HeldDeps['store'],
): Promise<Revision | undefined> {
  const found = known.find((revision) => revision.digest === digest);
  if (found !== undefined) return found;
  const numbers = new Set(refs.map(({ number }) => number));
  for (const number of [...numbers].toSorted((one, other) => other - one).slice(0, mostContents)) {
    const stored = await store.readRevision(number);
    if (stored?.digest === digest) return stored;
  }
  return undefined;
}

function numberIn(refs: readonly RevisionRef[]): number {
  return refs.reduce((most, { number }) => Math.max(most, number), 0);
}
