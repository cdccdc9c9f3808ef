import { expect } from 'chai';
import { drainingAnnotation } from '../../../../core/plan/pools/draining-pool.ts';
import { planChanges } from '../../../../core/plan/plan-changes.ts';
import { remove, stepOf } from '../../../support/samples/changes.ts';
import { etcdOfSuite, keyOf } from './shared-etcd.ts';
import {
  blockKey,
  blocksPrefix,
  blockOf,
  claimKey,
  claimsPrefix,
  confirmedClaim,
  held,
} from './ipam-fixtures.ts';

const revision = { lineage: 'local:node-a', number: 3, digest: `sha256:${'0'.repeat(64)}` };

describe('a pool that is deleted in etcd', () => {
  const suite = etcdOfSuite();

  const putBlock = async (cidr: string, node: string, used: number): Promise<void> => {
    await suite.etcd.put(blockKey(cidr), blockOf(cidr, node, used));
    await suite.etcd.put(claimKey(node, cidr), confirmedClaim);
  };

  it('has an unknown usage when one of its blocks is unreadable', async () => {
    await putBlock('10.1.0.0/26', 'node-a', 0);
    await putBlock('10.2.0.0/26', 'node-a', 1);
    await suite.etcd.put(blockKey('10.1.0.64/26'), '{"cidr": "10.1.0.64/26", "alloc');
    const { datastore } = suite.store.connect('node-a');
    expect(await datastore.poolUsage(['10.1.0.0/16', '10.2.0.0/16'])).to.deep.equal([
      { cidr: '10.2.0.0/16', addresses: 1 },
    ]);
  });

  it('leaves no empty block and no claim of a node behind, as with calicoctl', async () => {
    const pool = {
      apiVersion: 'projectcalico.org/v3',
      kind: 'IPPool',
      metadata: { name: 'old' },
      spec: { cidr: '10.1.0.0/16', ipipMode: 'Never', vxlanMode: 'Never', natOutgoing: false },
    } as const;
    await suite.store.put({ ...pool, spec: { ...pool.spec } });
    await putBlock('10.1.0.0/26', 'node-a', 0);
    await putBlock('10.1.0.64/26', 'node-b', 1);
    await putBlock('10.2.0.0/26', 'node-a', 0);
    const agent = suite.store.connect('node-a');
    const { resources } = await agent.datastore.observe('node-a');
    const fence = await held(agent);
    const deletion = remove(pool, resources[0]?.version);
    await agent.datastore.apply(stepOf([deletion]), revision, fence);
    expect(await suite.etcd.get(keyOf('IPPool', 'old'))).to.equal(undefined);
    expect(await suite.etcd.keys(blocksPrefix)).to.deep.equal([
      blockKey('10.1.0.64/26'),
      blockKey('10.2.0.0/26'),
    ]);
    expect(await suite.etcd.keys(claimsPrefix)).to.deep.equal([claimKey('node-a', '10.2.0.0/26')]);
    const kept = await suite.etcd.get(blockKey('10.1.0.64/26'));
    expect(kept).not.to.have.property('affinity');
    expect(kept).to.have.deep.property('allocations', blockOf('', '', 1)['allocations']);
  });

  it('is enabled again when a plan does not delete it any more', async () => {
    const key = keyOf('IPPool', 'half');
    const spec = { cidr: '10.3.0.0/16', ipipMode: 'Never', vxlanMode: 'Never', natOutgoing: false };
    await suite.etcd.put(key, {
      apiVersion: 'projectcalico.org/v3',
      kind: 'IPPool',
      metadata: {
        name: 'half',
        uid: 'u',
        creationTimestamp: '2026-01-01T00:00:00Z',
        annotations: { [drainingAnnotation]: 'true', note: 'theirs' },
      },
      spec: { ...spec, disabled: true },
    });
    const agent = suite.store.connect('node-a');
    const fence = await held(agent);
    const found = await agent.datastore.observe('node-a');
    const desired = { resources: [], nodes: [], unknownPools: 'not-managed' } as const;
    const plan = planChanges({ ...desired, covers: [{ kind: 'cluster' }] }, found);
    for (const step of plan.steps) await agent.datastore.apply(step, revision, fence);
    const enabled = await suite.etcd.get(key);
    expect(enabled).to.have.deep.nested.property('metadata.annotations', { note: 'theirs' });
    expect(enabled).to.have.nested.property('spec.disabled', false);
    expect(enabled).not.to.have.nested.property('metadata.labels');
  });
});
