/**
 * What is done once for the cluster: edits of Kubernetes objects, and steps of a person. The writer record has the
 * digests of what is done, so that an agent without credentials neither overtakes nor asks a person a second time.
 */
import { placeOf, type PlaceByHand } from '../platform/left-by-hand.ts';

export interface AskedOnce {
  /** As in LeftByHand: names the place, the commands and what they are for. */
  readonly digest: string;
  /** This agent's observation of the cluster; `unseen`: it cannot look, and a person or another agent says it. */
  readonly state: 'done' | 'open' | 'unseen';
}

/** Edits of the cluster stand at two places of one plan, and the steps of a person at one. */
const clusterPlaces: ReadonlySet<string> = new Set<PlaceByHand>(['early', 'late']);

function groupOf(digest: string): string {
  const place = placeOf(digest);
  return clusterPlaces.has(place) ? 'cluster' : place;
}

/** Whether an answer for it counts on all nodes. */
export function isOfCluster(digest: string): boolean {
  return groupOf(digest) === 'cluster' || placeOf(digest) === 'once';
}

/** The digests with those that this agent saw to be done. @returns the same list where nothing changes */
export function withSeen(done: readonly string[], asked: readonly AskedOnce[]): readonly string[] {
  const added = asked
    .filter(({ digest, state }) => state === 'done' && !done.includes(digest))
    .map(({ digest }) => digest);
  return added.length === 0 ? done : [...done, ...added];
}

/**
 * The digests for the writer record after what this agent saw. Digests of other settings do not count any more: a person
 * who goes back to those is asked again.
 * @returns the same list where nothing changes
 */
export function doneAfter(done: readonly string[], asked: readonly AskedOnce[]): readonly string[] {
  const groups = new Set(asked.map(({ digest }) => groupOf(digest)));
  const stateOf = (digest: string): AskedOnce['state'] | undefined =>
    asked.find((one) => one.digest === digest)?.state;
  const kept = done.filter((digest) => {
    const state = stateOf(digest);
    return state === undefined ? !groups.has(groupOf(digest)) : state !== 'open';
  });
  return withSeen(kept.length === done.length ? done : kept, asked);
}
