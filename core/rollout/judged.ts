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

/** As many as a fleet has at most, so that no name is cut off. */
const mostNames = 20_000;

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

/** The names of the record with those of the decision; a count of an earlier version ends here. */
export function withDecision(
  { toleratedNodes, unprepared }: State,
  decision: Undecided,
): Pick<State, 'tolerated' | 'toleratedNodes' | 'unprepared'> {
  const all = united(toleratedNodes, decision.tolerated);
  const left = united(unprepared, decision.unprepared);
  return {
    tolerated: 0,
    ...(all.length > 0 && { toleratedNodes: all }),
    ...(left.length > 0 && { unprepared: left }),
  };
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

function united(earlier: readonly string[] = [], added: readonly string[] = []): string[] {
  return [...new Set([...added, ...earlier])].slice(0, mostNames);
}
