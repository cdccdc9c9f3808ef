import { expect } from 'chai';
import {
  auditText,
  selectActions,
  type AuditFilters,
  type SelectedActions,
} from '../../../../controller/cli/people/select-actions.ts';

/** Actions of ann, a second after each other; the first one is of bob. */
function select(
  count: number,
  question: { readonly asked: number; readonly limit: number; readonly filters?: AuditFilters },
): SelectedActions {
  const actions = Array.from({ length: count }, (_none, index) => ({
    at: `2026-05-01T10:00:0${String(index)}Z`,
    id: String(index),
    phase: 'ended' as const,
    by: index === 0 ? 'bob' : 'ann@host',
    how: 'certificate',
    action: 'PUT /v1/config',
    details: {},
  }));
  return selectActions(actions, { filters: {}, ...question });
}

describe('the actions of the audit log', () => {
  it('are all where the answer has fewer than were asked for', () => {
    const all = select(3, { asked: 4, limit: 4 });
    expect(all.actions).to.have.length(3);
    expect(all.since).to.equal(undefined);
    expect(auditText(select(0, { asked: 4, limit: 4 }))).to.equal(
      'nobody has changed anything in this time',
    );
  });

  it('are said to be cut where there may be older ones', () => {
    expect(select(4, { asked: 4, limit: 4 }).since).to.equal('2026-05-01T10:00:00Z');
    const ofAnn = select(5, { asked: 9, limit: 2, filters: { by: 'Ann' } });
    expect(ofAnn.since).to.equal('2026-05-01T10:00:03Z');
    expect(select(5, { asked: 9, limit: 4, filters: { by: 'Ann' } }).since).to.equal(undefined);
  });

  it('are not denied where the answer does not reach back', () => {
    const cut = select(5, { asked: 5, limit: 2, filters: { by: 'carol' } });
    expect(auditText(cut)).to.equal('none of the newest 5 actions matches');
    expect(cut.since).to.equal('2026-05-01T10:00:00Z');
    const whole = select(5, { asked: 9, limit: 2, filters: { by: 'carol' } });
    expect(auditText(whole)).to.equal('none of the 5 actions in this time matches');
    expect(whole.since).to.equal(undefined);
  });
});
