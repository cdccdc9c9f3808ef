/** The revision to which the agent rolls back. */
import { expect } from 'chai';
import { rollbackTarget } from '../../../../agent/app/confirm/rollback-target.ts';
import type { AgentState } from '../../../../agent/app/state/agent-state.ts';
import { failure } from '../../../support/failure.ts';

const ref = (number: number) => ({
  lineage: 'local:node-0',
  number,
  digest: `sha256:${String(number).repeat(64)}`,
});
const base: AgentState = { formatVersion: 1, lineages: [], rejected: [] };
const kept = [1, 2, 3].map((number) => ({
  ...ref(number),
  source: 'local' as const,
  mediaType: 'application/yaml' as const,
  acceptedAt: '2026-01-01T00:00:00Z',
  by: 'root',
}));
const store = { list: () => Promise.resolve(kept), holds: () => Promise.resolve(true) };

describe('the revision to roll back to', () => {
  const rows: readonly [string, Partial<AgentState>, number][] = [
    [
      'the confirmed one, of one that is not',
      { accepted: ref(3), inForce: ref(3), confirmed: ref(1) },
      1,
    ],
    [
      'the one before, of one that is confirmed',
      { accepted: ref(3), inForce: ref(3), confirmed: ref(3), previous: ref(2) },
      2,
    ],
  ];
  for (const [name, state, expected] of rows) {
    it(`is ${name}`, async () => {
      const { to } = await rollbackTarget({ ...base, ...state }, store, undefined);
      expect(to.number).to.equal(expected);
    });
  }

  it('is none while the agent rolls back already', async () => {
    const state = { ...base, accepted: ref(2), confirmed: ref(2), inForce: ref(3) };
    expect(await failure(rollbackTarget(state, store, undefined))).to.include({
      code: 'not-found',
      message: 'cannot roll back: the agent rolls back to revision local:node-0#2 already',
    });
  });
});
