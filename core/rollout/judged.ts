import { goneOf, openOf, type OpenNodes, type Seen } from './seen.ts';
import { wavesOfStep, type Rollout } from './steps.ts';

/** What a look at the nodes says about the stage that a rollout is at. */
export type Judged =
  | { readonly kind: 'working' }
  /** All nodes that are there have confirmed, as far as failures are allowed. */
  | { readonly kind: 'confirmed' }
  | { readonly kind: 'failed'; readonly why: string; readonly decision: Undecided };

/** The names of the nodes that a person decides about who resumes the rollout after this failure. */
export interface Undecided {
  /** Those that failed, have not confirmed in time, or are gone. Absent: none. */
  readonly tolerated?: readonly string[];
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

/** The nodes with which a person went on. */
export function acceptedNodes({ state }: Rollout): ReadonlySet<string> {
  return new Set([...(state.toleratedNodes ?? []), ...(state.unprepared ?? [])]);
}

/** The nodes of the step that are late, without those with which a person went on. */
export function awaitedLate(rollout: Rollout, seen: Seen): Pick<OpenNodes, 'working' | 'left'> {
  const accepted = acceptedNodes(rollout);
  const { working, left } = openOf(seen, wavesOfStep(rollout));
  const isAwaited = (name: string): boolean => !accepted.has(name);
  return { working: working.filter(isAwaited), left: left.filter(isAwaited) };
}

export interface Decided {
  /** A count of an earlier version ends here. A name is in one of the lists. */
  readonly names: Pick<State, 'tolerated' | 'toleratedNodes' | 'unprepared'>;
  /** For how many names there was no room: no person can go on without these nodes. */
  readonly unnamed: number;
}

/** The names of the record, and then those of the decision, as far as there is room. */
export function withDecision(
  { toleratedNodes = [], unprepared = [] }: State,
  decision: Undecided,
): Decided {
  const left = new Set([...unprepared, ...(decision.unprepared ?? [])]);
  const all = new Set([...toleratedNodes, ...(decision.tolerated ?? [])]);
  for (const name of left) all.delete(name);
  let chars = 0;
  const hasRoom = (name: string): boolean => {
    chars += name.length + '"",'.length;
    return chars <= mostChars;
  };
  const leftNamed = [...left].slice(0, mostNames).filter(hasRoom);
  const allNamed = [...all].slice(0, mostNames).filter(hasRoom);
  const names = {
    tolerated: 0,
    ...(allNamed.length > 0 && { toleratedNodes: allNamed }),
    ...(leftNamed.length > 0 && { unprepared: leftNamed }),
  };
  return { names, unnamed: left.size + all.size - leftNamed.length - allNamed.length };
}

/** A node that has confirmed and is connected again is as any other: a failure of it is a new one. */
export function withoutRecovered(rollout: Rollout, seen: Seen): Rollout {
  const { toleratedNodes = [], unprepared = [], ...state } = rollout.state;
  if (toleratedNodes.length + unprepared.length === 0) return rollout;
  const places = [...rollout.waves.keys()];
  const { failed, working, left: gone, away } = openOf(seen, places);
  const open = new Set([...failed, ...working, ...gone, ...away, ...goneOf(seen, places)]);
  const all = toleratedNodes.filter((name) => open.has(name));
  const left = unprepared.filter((name) => open.has(name));
  const names = {
    ...(all.length > 0 && { toleratedNodes: all }),
    ...(left.length > 0 && { unprepared: left }),
  };
  return { ...rollout, state: { ...state, ...names } };
}
