import { expect } from 'chai';
import { sessionChanges, type KnownSessions } from '../../../core/events/session-events.ts';
import type { SessionVerdict, Verdict } from '../../../core/sessions/match-sessions.ts';

function session(neighbor: string, verdict: Verdict, why?: string): SessionVerdict {
  const expected = { neighbor, family: 4, origin: 'configuration' } as const;
  return { neighbor, verdict, expected, ...(why !== undefined && { why }) };
}

/** The events after each reading. */
function story(
  ...readings: readonly (readonly SessionVerdict[])[]
): readonly (readonly string[])[] {
  let known: KnownSessions | undefined;
  return readings.map((reading) => {
    const changes = sessionChanges(known, reading);
    known = changes.known;
    return changes.happenings.map(({ kind, text }) => `${kind}: ${text}`);
  });
}

const [up, down] = [
  session('10.0.0.1', 'established'),
  session('10.0.0.1', 'down', 'connection refused'),
];

describe('events of sessions', () => {
  it('count them at the first reading, and name each later change', () => {
    expect(story([up], [up], [down], [down], [up], [])).to.deep.equal([
      ['sessions: 1 of 1 session'],
      [],
      ['session-down: the session to 10.0.0.1 went down: connection refused'],
      [],
      ['session-up: the session to 10.0.0.1 is Established'],
      ['session-gone: the session to 10.0.0.1 is gone, and is not expected any more'],
    ]);
  });

  it('do not call a session down while BIRD cannot be asked', () => {
    const unknown = session('10.0.0.1', 'unknown', 'BIRD does not answer');
    expect(story([up], [unknown], [up]).slice(1)).to.deep.equal([[], []]);
    expect(story([up], [unknown], [down]).at(-1)).to.deep.equal([
      'session-down: the session to 10.0.0.1 went down: connection refused',
    ]);
  });

  it('do not report each way in which a session is not up', () => {
    const missing = session('10.0.0.1', 'missing', 'not in BIRD');
    expect(story([up], [down], [missing], [down]).slice(2)).to.deep.equal([[], []]);
  });

  it('report a new session that does not come up', () => {
    expect(story([up], [up, session('10.0.0.2', 'missing', 'not in BIRD')]).at(-1)).to.deep.equal([
      'session-down: the session to 10.0.0.2 is expected and not up: not in BIRD',
    ]);
  });

  it('name 20 of 200 that go down together, and count the rest', () => {
    const all = (verdict: Verdict): SessionVerdict[] =>
      Array.from({ length: 200 }, (_, index) => session(`10.0.0.${index}`, verdict, 'cable'));
    const told = story(all('established'), all('down')).at(-1) ?? [];
    expect(told).to.have.length(21);
    expect(told.at(-1)).to.equal(
      'sessions: and 180 more changed: 0 of 200 sessions (10.0.0.0: cable)',
    );
  });
});
