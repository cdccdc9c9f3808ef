/** Judges a step by what its nodes say: the gate between two waves. */
import { nameSome } from '../name-some.ts';
import { awaitedGone, judgeBarrier } from './barrier.ts';
import { acceptedNodes, awaitedLate, type Judged } from './judged.ts';
import { goneOf, nothing, openOf, sumOf, type Seen, type WaveCount } from './seen.ts';
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
  if (failures.areTooMany([])) return judgeFailed(rollout, failures, seen);
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
  const open = [...failed, ...late, ...away];
  const isConfirmed = current.confirmed > 0 || current.nodes === 0;
  // The wave waits no more for nodes with which a person has gone on.
  const areAccepted = current.nodes <= rollout.state.tolerated || failures.newOf(open).length === 0;
  const isGood = isConfirmed || areAccepted;
  if (isGood && failures.newOf(late).length === 0) return { kind: 'confirmed' };
  if (mayReturn || ms - sinceMs < terms.limitMs) return { kind: 'working' };
  const missing = isConfirmed ? [] : away;
  if (failures.areTooMany(late)) {
    const tolerated = [...failures.names, ...late, ...missing];
    return { kind: 'failed', why: slowText(rollout, current, missing), decision: { tolerated } };
  }
  if (isGood) return { kind: 'confirmed' };
  const why = `no node of ${stepName(rollout)} has confirmed in time`;
  return { kind: 'failed', why, decision: { tolerated: [...failures.names, ...open] } };
}

/** The failed nodes of all waves that have begun. */
interface Failures {
  readonly names: readonly string[];
  /** Those with which no person has gone on. */
  readonly newOf: (nodes: readonly string[]) => readonly string[];
  /**
   * Whether they are more than the strategy allows, together with these nodes. Those with which a
   * person has gone on count as well, but a further one has to be among these nodes, or among the
   * failed ones where there are no others.
   */
  readonly areTooMany: (others: readonly string[]) => boolean;
}

function failuresOf(rollout: Rollout, terms: RolloutTerms, seen: Seen): Failures {
  const begun = [...Array(rollout.state.begun).keys()];
  const { nodes } = sumOf(begun.map((wave) => seen.waves[wave] ?? nothing));
  const names = openOf(seen, begun).failed;
  const accepted = acceptedNodes(rollout);
  // The number is that of an earlier version, which did not store the names.
  const most = Math.max(allowedFailures(terms, nodes), rollout.state.tolerated);
  const newOf = (some: readonly string[]): readonly string[] =>
    some.filter((name) => !accepted.has(name));
  return {
    names,
    newOf,
    areTooMany: (others) =>
      names.length + others.length > most && newOf(others.length > 0 ? others : names).length > 0,
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
  if (awaited.length === 0 || !failures.areTooMany(gone)) return { kind: 'confirmed' };
  const decision = { tolerated: failures.names, unprepared: awaited };
  return { kind: 'failed', why: goneText(rollout, gone), decision };
}

/** At a barrier the failed nodes are waited for as well, and a person decides about both. */
function judgeFailed(rollout: Rollout, failures: Failures, seen: Seen): Judged {
  const why = failedText(failures, seen);
  const isAtBarrier = rollout.state.stage === 'barrier';
  const { names } = failures;
  return {
    kind: 'failed',
    why,
    decision: isAtBarrier ? { unprepared: names } : { tolerated: names },
  };
}

function goneText(rollout: Rollout, gone: readonly string[]): string {
  return `${nameSome(gone)} of ${stepName(rollout)} disconnected after confirming, and did not come back in time`;
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
