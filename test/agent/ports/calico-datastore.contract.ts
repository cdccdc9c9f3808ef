/** The behaviour of every implementation of the port CalicoDatastore. */
import { expect } from 'chai';
import type { NodeSettings } from '../../../core/calico/node.ts';
import type {
  BGPConfiguration,
  BGPPeer,
  CalicoResource,
  IPPool,
} from '../../../core/calico/resource.ts';
import type { CalicoDatastore } from '../../../agent/ports/datastore/calico-datastore.ts';
import { defaultsOf } from '../../../core/calico/kinds.ts';
import type { Change } from '../../../core/plan/plan.ts';
import type { Scope } from '../../../core/render/desired.ts';
import {
  clusterScope,
  create,
  patchNode,
  remove,
  stepOf,
  update,
} from '../../support/samples/changes.ts';

const ofNode: Scope = { kind: 'node', node: 'Node-A.example' };
const revision = { lineage: 'local:node-a', number: 3, digest: `sha256:${'0'.repeat(64)}` };
const apiVersion = 'projectcalico.org/v3';

const peer: BGPPeer = {
  apiVersion,
  kind: 'BGPPeer',
  metadata: { name: 'node-a.2001-db8--1', labels: { team: 'net' } },
  spec: { node: 'Node-A.example', peerIP: '[2001:db8::1]:1179', asNumber: 4_200_000_001 },
};
const configuration: BGPConfiguration = {
  apiVersion,
  kind: 'BGPConfiguration',
  metadata: { name: 'default' },
  spec: {
    asNumber: 4_200_000_000,
    nodeToNodeMeshEnabled: false,
    serviceClusterIPs: [{ cidr: '10.96.0.0/12' }],
    serviceExternalIPs: [],
  },
};
const pool: IPPool = {
  apiVersion,
  kind: 'IPPool',
  metadata: { name: 'ipv6' },
  spec: {
    cidr: 'fd00:10::/48',
    ipipMode: 'Never',
    vxlanMode: 'CrossSubnet',
    natOutgoing: false,
    blockSize: 122,
  },
};

export function describeCalicoDatastore(open: () => Promise<CalicoDatastore>): void {
  let datastore: CalicoDatastore;
  beforeEach(async () => {
    datastore = await open();
  });

  const observe = (): ReturnType<CalicoDatastore['observe']> => datastore.observe('Node-A.example');
  const apply = (...changes: Change[]): Promise<void> => datastore.apply(stepOf(changes), revision);
  const patch = (settings: NodeSettings): Change => patchNode('Node-A.example', settings);

  it('is empty at first, and knows the node', async () => {
    expect(await observe()).to.deep.include({
      resources: [],
      nodes: [{ name: 'Node-A.example', settings: { groupLabels: [] } }],
    });
  });

  it('returns created objects, as ours', async () => {
    await apply(create(pool), create(peer, ofNode), create(configuration));
    const { resources } = await observe();
    const found = new Map(resources.map(({ resource }) => [resource.kind, resource]));
    for (const wanted of [pool, peer, configuration])
      expect(meaningOf(found.get(wanted.kind))).to.deep.equal(meaningOf(wanted));
    const owners = new Map(resources.map(({ resource, owner }) => [resource.kind, owner]));
    expect(owners.get('BGPPeer')).to.deep.include({ scope: ofNode, lineage: 'local:node-a' });
    expect(owners.get('IPPool')).to.deep.include({ scope: clusterScope });
    expect(found.get('BGPPeer')?.metadata.labels).to.include({ team: 'net' });
  });

  it('updates, and removes fields that are no longer desired', async () => {
    await apply(create(configuration));
    const next: BGPConfiguration = { ...configuration, spec: { asNumber: 65001 } };
    await apply(update(configuration, next));
    const [found] = (await observe()).resources;
    expect(found?.resource.spec).to.deep.equal({ asNumber: 65001 });
  });

  it('deletes the named objects and nothing else', async () => {
    await apply(create(pool), create(peer));
    await apply(remove(peer));
    const { resources } = await observe();
    expect(resources.map(({ resource }) => resource.kind)).to.deep.equal(['IPPool']);
  });

  it('patches the node', async () => {
    const settings = {
      asNumber: 65001,
      routeReflectorClusterID: '224.0.0.1',
      groupLabels: ['calico-agent/group.ab'],
    };
    await apply(patch(settings));
    expect((await observe()).nodes).to.deep.equal([{ name: 'Node-A.example', settings }]);
  });

  it('may apply an interrupted step again', async () => {
    const changes = [create(pool), create(peer), patch({ groupLabels: ['calico-agent/group.ab'] })];
    await apply(...changes.slice(0, 2));
    await apply(...changes);
    const once = await observe();
    await apply(...changes);
    expect(await observe()).to.deep.equal(once);
    await apply(remove(peer));
    await apply(remove(peer));
    expect((await observe()).resources).to.have.length(1);
  });

  it('keeps names apart, whatever characters they have', async () => {
    const names = [
      'a',
      'A',
      'a.b',
      '../a',
      'a/b',
      'a%2Fb',
      'ü😀',
      'x'.repeat(253),
      `${'x'.repeat(252)}y`,
    ];
    const peers = names.map((name): BGPPeer => ({ ...peer, metadata: { name } }));
    await apply(...peers.map((one) => create(one)));
    const { resources } = await observe();
    expect(resources.map(({ resource }) => resource.metadata.name).sort()).to.deep.equal(
      [...names].sort(),
    );
  });
}

/** Its spec with Calico's defaults for absent fields: a datastore may write those or not. */
function meaningOf(resource: CalicoResource | undefined): unknown {
  return resource === undefined ? undefined : { ...defaultsOf(resource), ...resource.spec };
}
