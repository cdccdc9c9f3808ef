import { expect } from 'chai';
import { sessionsByOthers } from '../../../core/observe/sessions-by-others.ts';
import type { ObservedResource } from '../../../core/observe/observed.ts';
import type { BGPPeer } from '../../../core/calico/resource.ts';
import { nodesOf } from '../../support/samples/models.ts';

type Spec = Partial<BGPPeer['spec']>;

function peer(spec: Spec, isOurs = false): ObservedResource {
  const owner = { lineage: 'local:node-0', number: 1, scope: { kind: 'cluster' } } as const;
  return {
    resource: {
      apiVersion: 'projectcalico.org/v3',
      kind: 'BGPPeer',
      metadata: { name: 'one' },
      spec: { peerIP: '10.0.9.1', asNumber: 64900, ...spec },
    },
    ...(isOurs && { owner }),
  };
}

describe("a node's sessions from BGPPeers outside of the configuration", () => {
  const [facts] = nodesOf([{ name: 'node-0', addresses: ['10.0.0.2/24', 'fd00::2/64'] }]);
  const rows: readonly [string, ObservedResource, boolean][] = [
    ['come by one for all nodes', peer({}), true],
    ['come by one for this node', peer({ node: 'node-0' }), true],
    ['do not come by one for another node', peer({ node: 'node-1' }), false],
    ['may come by a selector', peer({ nodeSelector: "rack == 'r1'" }), true],
    ['do not come by what is ours', peer({}, true), false],
    [
      'come by a peer of another node that is mirrored here',
      peer({ node: 'node-1', peerIP: '10.0.0.2' }, true),
      true,
    ],
    [
      'come by a mirrored peer, however it is spelled',
      peer({ nodeSelector: 'all()', peerIP: '[fd00:0::2]:1179' }, true),
      true,
    ],
    [
      "do not come by the node's own address",
      peer({ node: 'node-0', peerIP: '10.0.0.2' }, true),
      false,
    ],
  ];
  for (const [what, resource, expected] of rows) {
    it(what, () => {
      if (facts === undefined) throw new Error('no facts');
      const found = sessionsByOthers({ resources: [resource], nodes: [] }, facts);
      expect(found).to.deep.equal(expected ? ['one'] : []);
    });
  }

  it('may come from one of which only the name could be read', () => {
    if (facts === undefined) throw new Error('no facts');
    const taken = [{ kind: 'BGPPeer', name: 'mesh', why: 'it has a peerSelector' } as const];
    expect(sessionsByOthers({ resources: [], nodes: [], taken }, facts)).to.deep.equal(['mesh']);
  });
});
