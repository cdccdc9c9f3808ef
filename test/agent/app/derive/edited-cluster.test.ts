import { expect } from 'chai';
import { editedCluster, noteEdits } from '../../../../agent/app/derive/edited-cluster.ts';
import type { AgentState, StateStore } from '../../../../agent/app/state/agent-state.ts';

describe('the memory of edits of Kubernetes objects', () => {
  let current: AgentState;
  const state: Pick<StateStore, 'current' | 'change'> = {
    current: () => current,
    change: async (make) => {
      const { state: next, result } = await make(current);
      current = next ?? current;
      return result;
    },
  };
  const records = { state };
  const isLeft = (): boolean => editedCluster(records).isLeft();
  beforeEach(() => {
    current = { formatVersion: 1, lineages: [], rejected: [] };
  });

  it('begins with the edits, not with what a person does on a node', async () => {
    await noteEdits(records, ['before', 'after']);
    expect(isLeft()).to.equal(false);
    await noteEdits(records, ['late']);
    expect(isLeft()).to.equal(true);
  });

  it('outlasts a revision without edits until nothing is left, or that revision is over', async () => {
    await noteEdits(records, ['early']);
    await noteEdits(records, []);
    expect(isLeft()).to.equal(true);
    await noteEdits(records, [], true);
    expect(isLeft()).to.equal(false);
    await noteEdits(records, ['early']);
    await editedCluster(records).forget();
    expect(isLeft()).to.equal(false);
  });
});
