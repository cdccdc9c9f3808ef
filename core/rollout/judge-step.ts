/** Judges a step by what its nodes say: the gate between two waves. */
import { nameSome } from '../name-some.ts';
import { awaitedGone, judgeBarrier } from './barrier.ts';
import type { Judged } from './judged.ts';
import { goneOf, nothing, sumOf, type Seen } from './seen.ts';
import { stepName, wavesOfStep, type Rollout } from './steps.ts';
import { allowedFailures, type RolloutTerms } from './strategy.ts';

export function judgeStep(rollout: Rollout, terms: RolloutTerms, seen: Seen, ms: number): Judged {
  const current = sumOf(wavesOfStep(rollout).map((wave) => seen.waves[wave] ?? nothing));
  const mayReturn = seen.mayReturn === true;
  // A push never goes back by itself: each node does.
  if (rollout.kind === 'push') {
    return { kind: current.working > 0 || mayReturn ? 'working' : 'confirmed' };
  }
  const { stage, tolerated, sinceMs } = rollout.state;
  const begun = sumOf(seen.waves.slice(0, rollout.state.begun));
  const most = Math.max(allowedFailures(terms, begun.nodes), tolerated);
  if (begun.failed > most) return judgeFailed(begun.failed, seen);
  if (stage === 'barrier') return judgeBarrier(rollout, terms, seen, ms);
  // A node that failed meanwhile says so when it has connected again.
  if (stage === 'before') {
    const waits = mayReturn && rollout.state.begun > 0;
    return { kind: waits ? 'working' : 'confirmed' };
  }
  if (stage === 'settling') {
    return judgeSettling(rollout, terms, seen, { ms, working: current.working, most });
  }
  const slow = current.working + current.left;
  const isConfirmed = current.confirmed > 0 || current.nodes === 0;
  if (slow === 0 && isConfirmed) return { kind: 'confirmed' };
  if (mayReturn || ms - sinceMs < terms.limitMs) return { kind: 'working' };
  if (slow > 0 && begun.failed + slow > most) {
    return { kind: 'failed', why: slowText(rollout, slow, current.left), decision: { late: slow } };
  }
  if (isConfirmed || current.nodes <= tolerated) return { kind: 'confirmed' };
  const why = `no node of ${stepName(rollout)} has confirmed in time`;
  return { kind: 'failed', why, decision: { late: current.away } };
}

/**
 * Nodes that came back meanwhile, and nodes that confirmed and disconnected, are waited for as well,
 * at most for the limit. The latter are failures then: they may have lost their network by it.
 */
function judgeSettling(
  rollout: Rollout,
  { settleMs, limitMs }: RolloutTerms,
  seen: Seen,
  { ms, working, most }: { readonly ms: number; readonly working: number; readonly most: number },
): Judged {
  const passedMs = ms - rollout.state.sinceMs;
  if (seen.mayReturn === true || passedMs < settleMs) return { kind: 'working' };
  const gone = goneOf(seen, wavesOfStep(rollout));
  const awaited = awaitedGone(rollout, seen);
  if (working === 0 && awaited.length === 0) return { kind: 'confirmed' };
  if (passedMs < settleMs + limitMs) return { kind: 'working' };
  const { failed } = sumOf(seen.waves.slice(0, rollout.state.begun));
  if (awaited.length === 0 || failed + gone.length <= most) return { kind: 'confirmed' };
  const decision = { late: gone.length, unprepared: awaited };
  return { kind: 'failed', why: goneText(rollout, gone), decision };
}

/** At a barrier the failed nodes are waited for as well, and a person decides about both. */
function judgeFailed(failed: number, seen: Seen): Judged {
  const { absent = [] } = seen;
  const unprepared = absent.flatMap(({ node, hasFailed }) => (hasFailed === true ? [node] : []));
  const why = failedText(failed, seen);
  return { kind: 'failed', why, ...(unprepared.length > 0 && { decision: { unprepared } }) };
}

function goneText(rollout: Rollout, gone: readonly string[]): string {
  return `${nameSome(gone)} of ${stepName(rollout)} disconnected after confirming, and did not come back in time`;
}

function failedText(failed: number, { failures }: Seen): string {
  const what = failed === 1 ? '1 node failed' : `${String(failed)} nodes failed`;
  return failures.length === 0 ? what : `${what}: ${failures.join('; ')}`;
}

function slowText(rollout: Rollout, slow: number, left: number): string {
  const count = slow === 1 ? '1 node' : `${String(slow)} nodes`;
  const gone = left === 0 ? '' : ` (${String(left)} disconnected after they took it)`;
  return `${count} of ${stepName(rollout)} did not confirm in time${gone}`;
}
