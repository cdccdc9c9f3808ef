/** Summarises all verdicts, for the status, the channel and Juju. */
import { oddRoutesText, type OddRoutes } from './paths/odd-routes.ts';
import type { SessionVerdict, Verdict } from './match-sessions.ts';

export interface SessionCount {
  readonly expected: number;
  /** Sessions that are Established with the AS number of the configuration. */
  readonly established: number;
  readonly unexpected: number;
  /** Expected sessions for which BIRD could not be asked. */
  readonly unknown: number;
  /** `10.0.0.2: connection refused: is BGP's port 179 open there?` Absent: all is well. */
  readonly worst?: string;
  /** After a change of AS numbers: which routes still go by one that is gone. Absent: none, as far as is known. */
  readonly oddRoutes?: string;
}

/** @param verdicts worst first, as matchSessions gives them */
export function countSessions(verdicts: readonly SessionVerdict[], odd?: OddRoutes): SessionCount {
  const counts = new Map<Verdict, number>();
  for (const { verdict } of verdicts) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  const unexpected = counts.get('unexpected') ?? 0;
  const [first] = verdicts;
  return {
    expected: verdicts.length - unexpected,
    established: counts.get('established') ?? 0,
    unexpected,
    unknown: counts.get('unknown') ?? 0,
    ...(odd !== undefined && { oddRoutes: oddRoutesText(odd) }),
    ...(first?.why !== undefined && { worst: shortened(`${neighborText(first)}: ${first.why}`) }),
  };
}

/** The longest text in the status; the verdicts have the whole one. */
const maxWorst = 300;

function shortened(text: string): string {
  return text.length > maxWorst ? `${text.slice(0, maxWorst)}…` : text;
}

function neighborText({ neighbor, port, observed }: SessionVerdict): string {
  const address = neighbor ?? observed?.name ?? 'a session';
  return port === undefined ? address : `${address} port ${port}`;
}

/**
 * `4 of 4 sessions`, `3 of 4 sessions (10.0.0.2: …)`. A session whose state could not be read is
 * not down: `4 sessions, state unknown (…)`, `2 of 4 sessions, 1 unknown (…)`.
 */
export function sessionCountText(count: SessionCount): string {
  const { expected, established, unknown, worst, oddRoutes } = count;
  const noun = `session${expected === 1 ? '' : 's'}`;
  const isAllUnknown = unknown > 0 && unknown === expected;
  const known = `${established} of ${expected} ${noun}${unknown > 0 ? `, ${unknown} unknown` : ''}`;
  const text = isAllUnknown ? `${expected} ${noun}, state unknown` : known;
  const odd = oddRoutes === undefined ? '' : `; ${oddRoutes}`;
  return worst === undefined ? text + odd : `${text} (${worst})${odd}`;
}
