import { expect } from 'chai';
import { findStaleNodes } from '../../../../core/survey/find-stale-nodes.ts';
import { etcdOfSuite, keyOf } from './shared-etcd.ts';
import { blockKey, blocksPrefix, claimKey, claimsPrefix, confirmedClaim } from './ipam-fixtures.ts';

const handles = '/calico/ipam/v2/handle/';
const node = {
  apiVersion: 'projectcalico.org/v3',
  kind: 'Node',
  metadata: { name: 'Node-9' },
  spec: { bgp: { ipv4Address: '10.0.0.9/24' } },
};

describe('a node that is gone, in etcd', () => {
  const suite = etcdOfSuite();

  const remove = async (): Promise<void> => {
    const { survey } = suite.store.connect('node-a');
    const surveyed = await survey.survey();
    const found = findStaleNodes(surveyed, ['node-a']).find(({ name }) => name === 'Node-9');
    expect(found?.blocks.map(({ addresses }) => addresses)).to.deep.equal([0, 0]);
    expect(found?.objects).to.deep.equal(['FelixConfiguration/node.Node-9']);
    await survey.removeNode('Node-9', found?.version);
  };

  for (const hasNode of [true, false]) {
    it(`is removed with the addresses of its tunnels, ${hasNode ? 'with' : 'without'} its Node`, async () => {
      if (hasNode) await suite.etcd.put(keyOf('Node', 'Node-9'), node);
      const felix = '/calico/resources/v3/projectcalico.org/felixconfigurations/node.Node-9';
      await suite.etcd.put(felix, {
        kind: 'FelixConfiguration',
        metadata: { name: 'node.Node-9' },
      });
      await suite.etcd.put(blockKey('10.1.0.0/26'), {
        cidr: '10.1.0.0/26',
        affinity: 'host:Node-9',
        allocations: [0, 1],
        unallocated: [],
        attributes: [
          { handle_id: 'ipip-tunnel-addr-Node-9', secondary: { node: 'Node-9' } },
          { handle_id: 'wireguard-tunnel-addr-node-9', secondary: null },
        ],
      });
      await suite.etcd.put(claimKey('Node-9', '10.1.0.0/26'), confirmedClaim);
      await suite.etcd.put(blockKey('10.1.0.64/26'), {
        cidr: '10.1.0.64/26',
        affinity: 'host:node-a',
        allocations: [1, 0, null],
        unallocated: [2],
        attributes: [{ handle_id: 'vxlan-tunnel-addr-Node-9' }, { handle_id: 'pod' }],
        sequenceNumberForAllocation: { 0: 3, 1: 4 },
      });
      for (const handle of ['ipip-tunnel-addr-Node-9', 'wireguard-tunnel-addr-node-9', 'pod']) {
        await suite.etcd.put(handles + handle, { handleID: handle, block: { '10.1.0.0/26': 1 } });
      }
      await remove();
      expect(await suite.etcd.get(keyOf('Node', 'Node-9'))).to.equal(undefined);
      expect(await suite.etcd.keys(blocksPrefix)).to.deep.equal([blockKey('10.1.0.64/26')]);
      expect(await suite.etcd.keys(claimsPrefix)).to.deep.equal([]);
      expect(await suite.etcd.keys(handles)).to.deep.equal([`${handles}pod`]);
      expect(await suite.etcd.get(blockKey('10.1.0.64/26'))).to.deep.equal({
        cidr: '10.1.0.64/26',
        affinity: 'host:node-a',
        allocations: [0, null, null],
        unallocated: [2, 1],
        attributes: [{ handle_id: 'pod' }],
        sequenceNumberForAllocation: { 0: 3 },
      });
    });
  }
});
