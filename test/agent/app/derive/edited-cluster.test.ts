import { expect } from 'chai';
import { editedCluster, noteEdits } from '../../../../agent/app/derive/edited-cluster.ts';
import type { AgentState, StateStore } from '../../../../agent/app/state/agent-state.ts';
import { noteBegun } from '../../../../agent/app/state/note-begun.ts';
import { withConfirmed } from '../../../../agent/app/state/state-changes.ts';

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

  it('has the revision that this agent began, until it is confirmed or nothing is left', async () => {
    const seven = { lineage: 'local', number: 7, digest: 'sha256:7' };
    const at = '2026-01-01T00:00:00Z';
    const record = { formatVersion: 1, generation: 1, by: 'node-0', at } as const;
    await noteBegun(records, seven, record);
    expect(current.begun, 'without edits').to.equal(undefined);
    await noteEdits(records, ['early']);
    await noteBegun(records, seven, { ...record, revision: seven });
    expect(current.begun, 'it was there before').to.equal(undefined);
    await noteBegun(records, seven, record);
    expect(current.begun).to.deep.equal(seven);
    expect(withConfirmed(current, seven, { by: 'nothing-seen' }).begun).to.equal(undefined);
    await editedCluster(records).forget();
    expect(current.begun).to.equal(undefined);
  });
});
