import { expect } from 'chai';
import type { CalicoResource } from '../../../../core/calico/resource.ts';
import { isMap, valueAt } from '../../../../core/input/plain-data.ts';
import { planChanges } from '../../../../core/plan/plan-changes.ts';
import type { Desired } from '../../../../core/render/desired.ts';
import { etcdOfSuite, keyOf } from './shared-etcd.ts';

const revision = { lineage: 'local:node-a', number: 3, digest: `sha256:${'0'.repeat(64)}` };
const apiVersion = 'projectcalico.org/v3';
const modes = { ipipMode: 'Never', vxlanMode: 'Never', natOutgoing: true } as const;
const resources: readonly CalicoResource[] = [
  {
    apiVersion,
    kind: 'IPPool',
    metadata: { name: 'plain' },
    spec: { cidr: '10.1.0.0/16', ...modes },
  },
  {
    apiVersion,
    kind: 'IPPool',
    metadata: { name: 'six' },
    spec: { cidr: 'fd00::/48', ...modes, blockSize: 124, assignmentMode: 'Manual' },
  },
  {
    apiVersion,
    kind: 'BGPConfiguration',
    metadata: { name: 'default' },
    spec: { asNumber: 65001 },
  },
  {
    apiVersion,
    kind: 'BGPPeer',
    metadata: { name: 'tor' },
    spec: { peerIP: '10.0.0.1', asNumber: 1 },
  },
];

describe('a plan for etcd', () => {
  const suite = etcdOfSuite();

  it('shows every field that the agent writes, also those from Calico’s defaults', async () => {
    const agent = suite.store.connect('node-a');
    const claim = await agent.writerLease.claim();
    if (!claim.held) throw new Error('the writer lease is not free');
    const found = await agent.datastore.observe('node-a');
    const scope = { kind: 'cluster' } as const;
    const desired: Desired = {
      covers: [scope],
      resources: resources.map((resource) => ({ scope, resource, reasons: {} })),
      nodes: [],
      unknownPools: 'not-managed',
    };
    const plan = planChanges(desired, found);
    const shown = plan.steps.flatMap(({ changes }) =>
      changes.flatMap((change) =>
        change.action === 'create' ? [{ resource: change.resource, fields: change.fields }] : [],
      ),
    );
    expect(shown).to.have.length(resources.length);
    for (const step of plan.steps) await agent.datastore.apply(step, revision, claim.fence);
    for (const { resource, fields } of shown) {
      const stored = await suite.etcd.get(keyOf(resource.kind, resource.metadata.name));
      const spec = valueAt(stored, 'spec');
      const planned = fields.map(({ path, after }) => [path.replace('spec.', ''), after] as const);
      expect(isMap(spec) && spec).to.deep.equal(Object.fromEntries(planned));
    }
    const again = planChanges(desired, await agent.datastore.observe('node-a'));
    expect(again.steps).to.deep.equal([]);
  });
});
