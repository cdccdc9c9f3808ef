import { expect } from 'chai';
import { createSharedParts } from '../../../../controller/app/nodes/shared-parts.ts';

const datastore = { driver: 'etcd', reachesCluster: true, message: 'it answers' } as const;

describe('what many nodes say alike', () => {
  it('is kept once', () => {
    const parts = createSharedParts();
    const first = parts.datastore({ ...datastore });
    expect(parts.datastore({ ...datastore })).to.equal(first);
    const other = parts.datastore({ ...datastore, message: 'it does not answer' });
    expect(other).to.deep.equal({ ...datastore, message: 'it does not answer' });
    expect(first).to.deep.equal(datastore);
  });

  it('stays what each node said while agents say something else each time', () => {
    const parts = createSharedParts();
    for (let time = 0; time < 10_000; time += 1) {
      const rejected = {
        accepted: { lineage: 'controller:a', number: time, digest: 'd' },
        rejected: [],
      };
      expect(parts.revisions(rejected)).to.deep.equal(rejected);
    }
  });

  it('leaves the facts of a node as they are, with labels of any name', () => {
    const parts = createSharedParts();
    const labels = Object.fromEntries([
      ['__proto__', 'a'],
      ['rack', '1'],
    ]);
    const facts = { name: 'node-0', units: ['calico/0'], addresses: [], labels, leader: true };
    const kept = parts.facts(facts);
    expect(kept).to.deep.equal(facts);
    expect(Object.keys(kept.labels)).to.deep.equal(['__proto__', 'rack']);
  });
});
