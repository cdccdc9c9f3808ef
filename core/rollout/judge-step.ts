/** Judges a step by what its nodes say: the gate between two waves. */
import { nameSome } from '../name-some.ts';
import { awaitedGone, judgeBarrier } from './barrier.ts';
import { acceptedNodes, awaitedLate, type Judged } from './judged.ts';
import { goneOf, nothing, openOf, revokedOf, sumOf, type Seen, type WaveCount } from './seen.ts';
import { stepName, wavesOfStep, type Rollout } from './steps.ts';
import { allowedFailures, type RolloutTerms } from './strategy.ts';

export function judgeStep(rollout: Rollout, terms: RolloutTerms, seen: Seen, ms: number): Judged {
  const current = sumOf(wavesOfStep(rollout).map((wave) => seen.waves[wave] ?? nothing));
  const mayReturn = seen.mayReturn === true;
  // A push never goes back by itself: each node does.
  if (rollout.kind === 'push') {
    return { kind: current.working > 0 || mayReturn ? 'working' : 'confirmed' };
  }
  const { stage, sinceMs } = rollout.state;
  const failures = failuresOf(rollout, terms, seen);
  if (failures.areTooMany()) return judgeFailed(rollout, failures, seen);
  if (stage === 'barrier') return judgeBarrier(rollout, terms, seen, ms);
  // A node that failed meanwhile says so when it has connected again.
  if (stage === 'before') {
    const waits = mayReturn && rollout.state.begun > 0;
    return { kind: waits ? 'working' : 'confirmed' };
  }
  if (stage === 'settling') {
    return judgeSettling(rollout, terms, seen, { ms, failures });
  }
  const { failed, working, left, away } = openOf(seen, wavesOfStep(rollout));
  const late = [...working, ...left];
  const isConfirmed = current.confirmed > 0 || current.nodes === 0;
  // The wave waits no more for nodes with which a person has gone on.
  const isAllAccepted =
    failures.newOf(failed).length === 0 && failures.newLateOf([...late, ...away]).length === 0;
  const isGood = isConfirmed || current.nodes <= rollout.state.tolerated || isAllAccepted;
  if (isGood && failures.newLateOf(late).length === 0) return { kind: 'confirmed' };
  if (mayReturn || ms - sinceMs < terms.limitMs) return { kind: 'working' };
  const missing = isConfirmed ? [] : away;
  if (failures.areTooMany(late, failures.newLateOf(late))) {
    const decision = { tolerated: failures.names, late: [...late, ...missing] };
    const why = `${slowText(rollout, current, missing)}${revokedText(seen, [...left, ...missing])}`;
    return { kind: 'failed', why, decision };
  }
  if (isGood) return { kind: 'confirmed' };
  const why = `no node of ${stepName(rollout)} has confirmed in time${revokedText(seen, [...left, ...away])}`;
  const decision = { tolerated: failures.names, late: [...late, ...away] };
  return { kind: 'failed', why, decision };
}

/** The failed nodes of all waves that have begun. */
interface Failures {
  readonly names: readonly string[];
  /** Of nodes that failed, those whose failure no person has seen. */
  readonly newOf: (nodes: readonly string[]) => readonly string[];
  /** Of nodes that have not confirmed, those without which no person has gone on. */
  readonly newLateOf: (nodes: readonly string[]) => readonly string[];
  /**
   * Whether they are more than the strategy allows, together with others. Those with which a person
   * has gone on count as well, but a further one is needed: of the others these, or else a failed one.
   */
  readonly areTooMany: (others?: readonly string[], further?: readonly string[]) => boolean;
}

function failuresOf(rollout: Rollout, terms: RolloutTerms, seen: Seen): Failures {
  const begun = [...Array(rollout.state.begun).keys()];
  const { nodes } = sumOf(begun.map((wave) => seen.waves[wave] ?? nothing));
  const names = openOf(seen, begun).failed;
  const accepted = acceptedNodes(rollout);
  const seenFailed = new Set(rollout.state.toleratedNodes);
  // The number is that of an earlier version, which did not store the names.
  const most = Math.max(allowedFailures(terms, nodes), rollout.state.tolerated);
  const newOf = (some: readonly string[]): readonly string[] =>
    some.filter((name) => !seenFailed.has(name));
  const newLateOf = (some: readonly string[]): readonly string[] =>
    some.filter((name) => !accepted.has(name));
  return {
    names,
    newOf,
    newLateOf,
    areTooMany: (others = [], further = newOf(names)) =>
      names.length + others.length > most && further.length > 0,
  };
}

/**
 * Nodes that came back meanwhile, and nodes that confirmed and disconnected, are waited for as well,
 * at most for the limit. The latter are failures then: they may have lost their network by it.
 */
function judgeSettling(
  rollout: Rollout,
  { settleMs, limitMs }: RolloutTerms,
  seen: Seen,
  { ms, failures }: { readonly ms: number; readonly failures: Failures },
): Judged {
  const passedMs = ms - rollout.state.sinceMs;
  if (seen.mayReturn === true || passedMs < settleMs) return { kind: 'working' };
  const gone = goneOf(seen, wavesOfStep(rollout));
  const awaited = awaitedGone(rollout, seen);
  const { working } = awaitedLate(rollout, seen);
  if (working.length === 0 && awaited.length === 0) return { kind: 'confirmed' };
  if (passedMs < settleMs + limitMs) return { kind: 'working' };
  if (awaited.length === 0 || !failures.areTooMany(gone, awaited)) return { kind: 'confirmed' };
  const decision = { tolerated: failures.names, unprepared: awaited };
  const why = `${goneText(rollout, gone)}${revokedText(seen, gone)}`;
  return { kind: 'failed', why, decision };
}

/** At a barrier the failed nodes are waited for as well, and a person decides about that, too. */
function judgeFailed(rollout: Rollout, failures: Failures, seen: Seen): Judged {
  const why = failedText(failures, seen);
  const isAtBarrier = rollout.state.stage === 'barrier';
  const { names } = failures;
  const decision = { tolerated: names, ...(isAtBarrier && { unprepared: names }) };
  return { kind: 'failed', why, decision };
}

function goneText(rollout: Rollout, gone: readonly string[]): string {
  return `${nameSome(gone)} of ${stepName(rollout)} disconnected after confirming, and did not come back in time`;
}

/** Which of the nodes could not come back. */
function revokedText(seen: Seen, absent: readonly string[]): string {
  const revoked = revokedOf(seen, absent);
  if (revoked.length === 0) return '';
  return `; ${nameSome(revoked)} ${revoked.length === 1 ? 'was' : 'were'} revoked`;
}

/** `3 nodes failed, now also node-7: node-1: it refused the configuration; …` */
function failedText({ names, newOf }: Failures, { failures }: Seen): string {
  const added = newOf(names);
  const since = added.length === names.length ? '' : `, now also ${nameSome(added)}`;
  const what = `${nodesText(names.length)} failed${since}`;
  return failures.length === 0 ? what : `${what}: ${failures.join('; ')}`;
}

function slowText(
  rollout: Rollout,
  { working, left }: WaveCount,
  missing: readonly string[],
): string {
  const gone = left === 0 ? '' : ` (${String(left)} disconnected after they took it)`;
  const late = `${nodesText(working + left)} of ${stepName(rollout)} did not confirm in time${gone}`;
  if (missing.length === 0) return late;
  return `${late}, ${nodesText(missing.length)} ${missing.length === 1 ? 'is' : 'are'} away, and no other one has confirmed`;
}

function nodesText(count: number): string {
  return count === 1 ? '1 node' : `${String(count)} nodes`;
}
