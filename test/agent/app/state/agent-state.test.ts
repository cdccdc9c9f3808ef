import { expect } from 'chai';
import { createStateStore, type AgentState } from '../../../../agent/app/state/agent-state.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { failure } from '../../../support/failure.ts';

const before: AgentState = { formatVersion: 1, lineages: [], rejected: [] };
const after: AgentState = { ...before, onlyReportsDrift: true };

describe('the state of an agent', () => {
  it('is the same after a restart, when the disk failed after the new file had its place', async () => {
    let stored = before;
    let fails = true;
    const store = {
      loadState: () => Promise.resolve(stored),
      saveState: (next: AgentState) => {
        stored = next;
        if (!fails) return Promise.resolve();
        fails = false;
        return Promise.reject(new AppError('io-failed', 'the folder cannot be synced'));
      },
    };
    const state = createStateStore({ store });
    const change = (): Promise<string> => state.change(() => ({ state: after, result: 'changed' }));
    expect(await failure(change())).to.include({ code: 'io-failed' });
    expect(state.current()).to.deep.equal(before);
    expect(stored).to.deep.equal(before);
    expect(await change()).to.equal('changed');
    expect([stored, state.current()]).to.deep.equal([after, after]);
  });
});
