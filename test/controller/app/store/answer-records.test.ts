import { expect } from 'chai';
import { createAnswerRecords } from '../../../../controller/app/store/answer-records.ts';
import { memoryStore } from '../../../support/twins/memory-store.ts';

describe('the answers of nodes in the store', () => {
  it('are removed with their node, also where the first write seemed to fail', async () => {
    const store = memoryStore();
    const records = createAnswerRecords(store, 'default');
    const digest = `sha256:${'a'.repeat(64)}`;
    const revision = { lineage: 'controller:default', number: 3, digest };
    const answer = { formatVersion: 1, node: 'n', accepted: revision } as const;
    store.dies = () => 'after';
    const saved = records.save([{ node: 'n', answer }]);
    expect(await saved.then(() => 'saved', String)).to.contain('killed');
    expect(store.texts('answer')).to.have.length(1);
    store.dies = () => undefined;
    store.isDead = false;
    await records.retain([]);
    expect(store.texts('answer')).to.deep.equal([]);
  });
});
