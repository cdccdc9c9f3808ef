import { expect } from 'chai';
import { parseIpamBlock } from '../../../core/survey/ipam-block.ts';
import { findStaleNodes } from '../../../core/survey/find-stale-nodes.ts';
import type { IpamBlock, SurveyedCluster } from '../../../core/survey/surveyed-cluster.ts';

const handles = [
  'ipip-tunnel-addr-node-9',
  'vxlan-tunnel-addr-node-9',
  'vxlan-v6-tunnel-addr-node-9',
  'wireguard-tunnel-addr-node-9',
  'wireguard-v6-tunnel-addr-node-9',
] as const;

function blockOf(of: string, affinity: string, pods = 0): IpamBlock {
  const block = parseIpamBlock({
    cidr: '10.1.0.0/26',
    affinity: `host:${affinity}`,
    allocations: [0, ...Array.from({ length: pods }, () => 1), null],
    attributes: [{ handle_id: of, secondary: null }, { handle_id: 'k8s-pod-network.7' }],
  });
  if (block === undefined) throw new Error('this is no block');
  return block;
}

function survey(parts: Partial<SurveyedCluster>): SurveyedCluster {
  return { resources: [], nodes: [], documents: [], blocks: [], ...parts };
}

describe('the tunnel addresses of a node that is gone', () => {
  for (const handle of handles) {
    it(`are not in use: ${handle}`, () => {
      const [stale] = findStaleNodes(survey({ blocks: [blockOf(handle, 'node-9')] }), ['node-0']);
      const blocks = [{ cidr: '10.1.0.0/26', addresses: 0, tunnelAddresses: 1 }];
      expect(stale).to.deep.include({ name: 'node-9', blocks });
    });
  }

  it('are counted beside the addresses of pods', () => {
    const blocks = [blockOf('IPIP-tunnel-addr-Node-9', 'Node-9', 2)];
    const [stale, ...others] = findStaleNodes(survey({ blocks }), ['node-0']);
    expect(stale?.blocks).to.deep.equal([
      { cidr: '10.1.0.0/26', addresses: 2, tunnelAddresses: 1 },
    ]);
    expect(others).to.deep.equal([]);
  });

  it('are found in the block of another node, which keeps its own', () => {
    const blocks = [blockOf('vxlan-tunnel-addr-node-9', 'node-0', 3)];
    expect(findStaleNodes(survey({ blocks }), ['node-0'])).to.deep.equal([
      {
        name: 'node-9',
        hasNode: false,
        objects: [],
        blocks: [{ cidr: '10.1.0.0/26', addresses: 0, tunnelAddresses: 1 }],
      },
    ]);
  });

  it('belong to the node with capital letters, when one is known', () => {
    const blocks = [blockOf('ipip-tunnel-addr-node-9', 'node-0')];
    const node = { settings: { groupLabels: [] }, addresses: [], labels: {}, version: '1' };
    const nodes = [{ ...node, name: 'Node-9' }];
    const stale = findStaleNodes(survey({ blocks, nodes }), ['node-0']);
    expect(stale.map(({ name }) => name)).to.deep.equal(['Node-9']);
  });
});

describe('objects that name a node that is gone', () => {
  const peer = (name: string, spec: object): unknown => ({
    kind: 'BGPPeer',
    metadata: { name },
    spec,
  });

  it('are its FelixConfiguration, and peers that choose it by its host name', () => {
    const [stale, ...others] = findStaleNodes(
      survey({
        felixConfigurations: ['default', 'node.node-9', 'node.node-0'],
        documents: [
          peer('by-node', { node: 'node-9' }),
          peer('by-selector', { nodeSelector: "kubernetes.io/hostname == 'node-9'" }),
          peer('to-it', { peerSelector: 'kubernetes.io/hostname=="node-9"' }),
          peer('others-too', { nodeSelector: "kubernetes.io/hostname == 'node-9' || has(rr)" }),
        ],
      }),
      ['node-0'],
    );
    expect(stale?.objects).to.deep.equal([
      'BGPPeer/by-node',
      'BGPPeer/by-selector',
      'BGPPeer/to-it',
      'FelixConfiguration/node.node-9',
    ]);
    expect(others).to.deep.equal([]);
  });
});
