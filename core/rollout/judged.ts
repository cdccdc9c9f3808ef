import { byText } from '../by-text.ts';
import { nameSome } from '../name-some.ts';
import { goneOf, openOf, type OpenNodes, type Seen } from './seen.ts';
import { wavesOfStep, type Rollout } from './steps.ts';
import type { RolloutTerms } from './strategy.ts';

/** What a look at the nodes says about the stage that a rollout is at. */
export type Judged =
  | { readonly kind: 'working' }
  /** All nodes that are there have confirmed, as far as failures are allowed. */
  | { readonly kind: 'confirmed' }
  | { readonly kind: 'failed'; readonly why: string; readonly decision: Undecided };

/** The names of the nodes that a person decides about who resumes the rollout after this failure. */
export interface Undecided {
  /** Those that failed. Absent: none. */
  readonly tolerated?: readonly string[];
  /** Those that have not confirmed in time, or are away. Absent: none. */
  readonly late?: readonly string[];
  /** At a barrier: those that failed, or that it did not wait for any longer. Absent: none. */
  readonly unprepared?: readonly string[];
}

type State = Rollout['state'];

/** As many as a fleet has at most. */
const mostNames = 20_000;

/**
 * The most characters of the names in a record, as JSON: 20,000 names of 10 characters. A revision of
 * 1 MiB goes into the same transaction, and etcd takes 1.5 MiB.
 */
const mostChars = 256 * 1024;

/** The nodes with which, or without waiting for which, a person went on. */
export function acceptedNodes({ state }: Rollout): ReadonlySet<string> {
  const { toleratedNodes = [], lateNodes = [], unprepared = [] } = state;
  return new Set([...toleratedNodes, ...lateNodes, ...unprepared]);
}

/** Of nodes that have not confirmed those that are accepted, sorted by name. */
export function leftBehind(open: OpenNodes, accepted: ReadonlySet<string>): readonly string[] {
  if (accepted.size === 0) return [];
  const { failed, working, left, away } = open;
  return [failed, working, left, away]
    .flatMap((names) => names.filter((name) => accepted.has(name)))
    .toSorted(byText);
}

/**
 * How the step has ended, for people: `has confirmed`, or `goes on without a` where no node has
 * confirmed, or `has confirmed, and goes on without a`.
 */
export function confirmedText(rollout: Rollout, seen: Seen): string {
  const waves = wavesOfStep(rollout);
  const names = leftBehind(openOf(seen, waves), acceptedNodes(rollout));
  if (names.length === 0) return 'has confirmed';
  const without = `goes on without ${nameSome(names)}`;
  const hasAny = waves.some((wave) => (seen.waves[wave]?.confirmed ?? 0) > 0);
  return hasAny ? `has confirmed, and ${without}` : without;
}

/** The nodes of the step that are late, without those with which a person went on. */
export function awaitedLate(rollout: Rollout, seen: Seen): Pick<OpenNodes, 'working' | 'left'> {
  const accepted = acceptedNodes(rollout);
  const { working, left } = openOf(seen, wavesOfStep(rollout));
  const isAwaited = (name: string): boolean => !accepted.has(name);
  return { working: working.filter(isAwaited), left: left.filter(isAwaited) };
}

export interface Decided {
  /** A count of an earlier version ends here. */
  readonly names: Pick<State, 'tolerated' | 'toleratedNodes' | 'lateNodes' | 'unprepared'>;
  /** Those for which there was no room: no person can go on without these nodes. */
  readonly unnamed: readonly string[];
}

/** The names of the record, and then those of the decision, as far as there is room. */
export function withDecision(
  { toleratedNodes = [], lateNodes = [], unprepared = [] }: State,
  decision: Undecided,
): Decided {
  const behind = new Set([...unprepared, ...(decision.unprepared ?? [])]);
  const failed = new Set([...toleratedNodes, ...(decision.tolerated ?? [])]);
  const late = new Set([...lateNodes, ...(decision.late ?? [])]);
  for (const name of [...behind, ...failed]) late.delete(name);
  let chars = 0;
  const hasRoom = (name: string): boolean => {
    chars += name.length + '"",'.length;
    return chars <= mostChars;
  };
  const named = [behind, failed, late].map((names) =>
    [...names].slice(0, mostNames).filter(hasRoom).toSorted(byText),
  );
  const [behindNamed = [], failedNamed = [], lateNamed = []] = named;
  // A name may have to be in two lists.
  for (const name of behindNamed) behind.delete(name);
  for (const name of failedNamed) failed.delete(name);
  for (const name of lateNamed) late.delete(name);
  return {
    names: { tolerated: 0, ...listed(failedNamed, lateNamed, behindNamed) },
    unnamed: [...new Set([...behind, ...failed, ...late])],
  };
}

function listed(
  failed: readonly string[],
  late: readonly string[],
  behind: readonly string[],
): Pick<State, 'toleratedNodes' | 'lateNodes' | 'unprepared'> {
  return {
    ...(failed.length > 0 && { toleratedNodes: [...failed] }),
    ...(late.length > 0 && { lateNodes: [...late] }),
    ...(behind.length > 0 && { unprepared: [...behind] }),
  };
}

/** A node that has confirmed and is connected again is as any other: a failure of it is a new one. */
export function withoutRecovered(rollout: Rollout, seen: Seen): Rollout {
  const { toleratedNodes = [], lateNodes = [], unprepared = [], ...state } = rollout.state;
  if (toleratedNodes.length + lateNodes.length + unprepared.length === 0) return rollout;
  const places = [...rollout.waves.keys()];
  const { failed, working, left: gone, away } = openOf(seen, places);
  const open = new Set([...failed, ...working, ...gone, ...away, ...goneOf(seen, places)]);
  const isOpen = (name: string): boolean => open.has(name);
  const names = listed(
    toleratedNodes.filter(isOpen),
    lateNodes.filter(isOpen),
    unprepared.filter(isOpen),
  );
  return { ...rollout, state: { ...state, ...names } };
}

/**
 * What a person does about nodes whose names have no room in the record: the rollout would pause
 * again for them. @param unnamed at least one
 */
export function unnamedText(
  rollout: Rollout,
  { barrier }: RolloutTerms,
  seen: Seen,
  unnamed: readonly string[],
): string {
  const count = unnamed.length === 1 ? '1 node' : `${String(unnamed.length)} nodes`;
  const have = unnamed.length === 1 ? 'the name of 1 node has' : `the names of ${count} have`;
  const waves = wavesOfStep(rollout);
  const { left, away } = openOf(seen, waves);
  const absent = new Set([...left, ...away, ...goneOf(seen, waves)]);
  const isAtBarrier = rollout.state.stage === 'barrier';
  // The other rule of a barrier helps with nodes that are away, and with no others.
  const isLeft = barrier.away === 'wait' && unnamed.some((name) => absent.has(name));
  const ways = isAtBarrier
    ? `mend these nodes, take out those that will not come back with calico-controller forget, or abort the rollout${isLeft ? '; started with barrier: {away: leave}, it does not wait for nodes that are away' : ''}`
    : 'take out those that will not come back with calico-controller forget, or abort the rollout and start it with a larger maxFailures';
  return `; ${have} no room in the record of the rollout, so that resume does not go on without ${unnamed.length === 1 ? 'it' : 'them'}: ${ways}`;
}
