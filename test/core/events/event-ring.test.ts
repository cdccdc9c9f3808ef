import { expect } from 'chai';
import { keepNewest, keptEvents } from '../../../core/events/event-ring.ts';
import type { LoggedEvent } from '../../../schemas/generated/logged-event.ts';

function events(kind: string, count: number, from: number): LoggedEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    id: from + index,
    at: '',
    kind,
    level: 'info',
    text: '',
  }));
}

describe('the ring of events', () => {
  it('keeps the newest', () => {
    const kept = keepNewest(events('applied', keptEvents + 3, 1));
    expect([kept.length, kept[0]?.id]).to.deep.equal([keptEvents, 4]);
  });

  it('keeps the events of a night in which sessions flap without end', () => {
    const kept = keepNewest([
      ...events('rolled-back', 10, 1),
      ...events('session-down', 3 * keptEvents, 11),
    ]);
    expect(kept).to.have.length(keptEvents);
    expect(kept.filter(({ kind }) => kind === 'rolled-back')).to.have.length(10);
    expect(kept.at(-1)?.id).to.equal(10 + 3 * keptEvents);
  });

  it('keeps half of the room for sessions when much else happens', () => {
    const kept = keepNewest([...events('session-down', 400, 1), ...events('applied', 400, 401)]);
    expect(kept.filter(({ kind }) => kind === 'session-down')).to.have.length(keptEvents / 2);
  });

  it('does not let refused requests displace anything else', () => {
    const refused = events('change-asked', 2 * keptEvents, 11).map((event): LoggedEvent => ({
      ...event,
      outcome: 'refused',
    }));
    const kept = keepNewest([...events('hold', 10, 1), ...refused]);
    expect(kept.filter(({ kind }) => kind === 'hold')).to.have.length(10);
  });
});
