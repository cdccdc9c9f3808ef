/** The events of BGP sessions between two readings of BIRD. */
import type { Happening } from './event.ts';
import { countSessions, sessionCountText } from '../sessions/count-sessions.ts';
import type { SessionVerdict, Verdict } from '../sessions/match-sessions.ts';

/** The last known verdict on each session; a reading without an answer of BIRD changes nothing. */
export type KnownSessions = ReadonlyMap<string, Verdict>;

export interface SessionChanges {
  readonly known: KnownSessions;
  readonly happenings: readonly Happening[];
}

/**
 * Sessions that get an event each; a node with 200 peers that loses its network gets one more for
 * the rest.
 */
const mostNamed = 20;

/** @param before undefined: this is the first reading since the start */
export function sessionChanges(
  before: KnownSessions | undefined,
  verdicts: readonly SessionVerdict[],
): SessionChanges {
  const known = new Map<string, Verdict>();
  const found: Happening[] = [];
  for (const verdict of verdicts) {
    const key = keyOf(verdict);
    const last = before?.get(key);
    const now = verdict.verdict === 'unknown' ? last : verdict.verdict;
    if (now !== undefined) known.set(key, now);
    const happening = before === undefined ? undefined : changeOf(last, verdict);
    if (happening !== undefined) found.push(happening);
  }
  for (const [key, last] of before ?? []) {
    if (!known.has(key) && last === 'established') found.push(gone(key));
  }
  if (before === undefined) return { known, happenings: first(verdicts) };
  return { known, happenings: shortened(found, verdicts) };
}

function first(verdicts: readonly SessionVerdict[]): readonly Happening[] {
  return verdicts.length === 0 ? [] : [summary(verdicts)];
}

function shortened(
  found: readonly Happening[],
  verdicts: readonly SessionVerdict[],
): readonly Happening[] {
  if (found.length <= mostNamed) return found;
  const { text, ...rest } = summary(verdicts);
  const more = found.length - mostNamed;
  return [...found.slice(0, mostNamed), { ...rest, text: `and ${more} more changed: ${text}` }];
}

function summary(verdicts: readonly SessionVerdict[]): Happening {
  const count = countSessions(verdicts);
  const isWell = count.established === count.expected;
  return { kind: 'sessions', level: isWell ? 'info' : 'warning', text: sessionCountText(count) };
}

function changeOf(last: Verdict | undefined, now: SessionVerdict): Happening | undefined {
  const { verdict } = now;
  if (verdict === last || verdict === 'unknown') return undefined;
  const peer = peerOf(now);
  if (verdict === 'established') {
    const as = now.observed?.remoteAs === undefined ? '' : `, AS ${now.observed.remoteAs}`;
    const text = `the session to ${keyOf(now)} is Established${as}`;
    return { kind: 'session-up', level: 'info', text, ...peer };
  }
  if (verdict === 'unexpected') {
    const text = `there is a session to ${keyOf(now)} that nothing asks for: ${now.why ?? ''}`;
    return { kind: 'session-unexpected', level: 'warning', text, ...peer };
  }
  // A session that was never up gives no event for another way of being down.
  if (last !== undefined && last !== 'established') return undefined;
  const how = last === undefined ? 'is expected and not up' : 'went down';
  const text = `the session to ${keyOf(now)} ${how}: ${now.why ?? verdict}`;
  return { kind: 'session-down', level: 'warning', text, ...peer };
}

function gone(key: string): Happening {
  const text = `the session to ${key} is gone, and is not expected any more`;
  return { kind: 'session-gone', level: 'info', text };
}

function peerOf({ neighbor }: SessionVerdict): Pick<Happening, 'peer'> {
  return neighbor === undefined ? {} : { peer: neighbor };
}

function keyOf({ neighbor, port, observed }: SessionVerdict): string {
  const address = neighbor ?? observed?.name ?? 'a session';
  return port === undefined ? address : `${address} port ${port}`;
}
