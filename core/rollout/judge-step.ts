/** Judges a step by what its nodes say: the gate between two waves. */
import { nothing, sumOf, type Seen } from './seen.ts';
import { stepName, wavesOfStep, type Rollout } from './steps.ts';
import { allowedFailures, type RolloutTerms } from './strategy.ts';

export type Judged =
  | { readonly kind: 'working' }
  /** All nodes that are there have confirmed, as far as failures are allowed. */
  | { readonly kind: 'confirmed' }
  | { readonly kind: 'failed'; readonly why: string };

export function judgeStep(rollout: Rollout, terms: RolloutTerms, seen: Seen, ms: number): Judged {
  const current = sumOf(wavesOfStep(rollout).map((wave) => seen.waves[wave] ?? nothing));
  // A push never goes back by itself: each node does.
  if (rollout.kind === 'push') return { kind: current.working > 0 ? 'working' : 'confirmed' };
  const begun = sumOf(seen.waves.slice(0, rollout.state.begun));
  const most = Math.max(allowedFailures(terms, begun.nodes), rollout.state.tolerated);
  if (begun.failed > most) return { kind: 'failed', why: failedText(begun.failed, seen) };
  if (rollout.state.stage !== 'running') return { kind: 'confirmed' };
  const slow = current.working + current.left;
  const isConfirmed = current.confirmed > 0 || current.nodes === 0;
  if (slow === 0 && isConfirmed) return { kind: 'confirmed' };
  if (ms - rollout.state.sinceMs < terms.limitMs) return { kind: 'working' };
  if (slow > 0 && begun.failed + slow > most) {
    return { kind: 'failed', why: slowText(rollout, slow, current.left) };
  }
  if (isConfirmed || current.nodes <= rollout.state.tolerated) return { kind: 'confirmed' };
  return { kind: 'failed', why: `no node of ${stepName(rollout)} has confirmed in time` };
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
