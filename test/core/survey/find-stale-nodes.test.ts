import { expect } from 'chai';
import { findStaleNodes } from '../../../core/survey/find-stale-nodes.ts';
import type { SurveyedCluster, SurveyedNode } from '../../../core/survey/surveyed-cluster.ts';

const apiVersion = 'projectcalico.org/v3' as const;

function node(name: string, version?: string, exists?: boolean): SurveyedNode {
  return {
    name,
    settings: { groupLabels: [] },
    addresses: [],
    labels: {},
    ...(version !== undefined && { version }),
    ...(exists !== undefined && { exists }),
  };
}

function survey(parts: Partial<SurveyedCluster>): SurveyedCluster {
  return { resources: [], nodes: [], documents: [], blocks: [], ...parts };
}

const peerOf = (name: string, of: string): unknown => ({
  apiVersion,
  kind: 'BGPPeer',
  metadata: { name },
  spec: { node: of, peerSelector: 'has(rr)' },
});
const peer = {
  apiVersion,
  kind: 'BGPPeer',
  metadata: { name: 'ours' },
  spec: { peerIP: 'fd00::1', asNumber: 4_200_000_000 },
} as const;

describe('nodes that are gone', () => {
  it('are Calico’s own that no list names any more, with all that is left of them', () => {
    const scope = { kind: 'node', node: 'Gone.example' } as const;
    const found = findStaleNodes(
      survey({
        nodes: [node('node-0', '1'), node('Gone.example', '7')],
        resources: [{ resource: peer, owner: { scope, lineage: 'local:x', number: 1 } }],
        documents: [
          peerOf('b', 'Gone.example'),
          peerOf('a', 'Gone.example'),
          peerOf('c', 'node-0'),
          { apiVersion, kind: 'BGPConfiguration', metadata: { name: 'node.Gone.example' } },
          { apiVersion, kind: 'BGPConfiguration', metadata: { name: 'default' } },
          { apiVersion, kind: { toString: 1 }, metadata: { name: 'odd' } },
        ],
        blocks: [
          { cidr: '10.1.0.64/26', node: 'Gone.example', addresses: 0 },
          { cidr: '10.1.0.0/26', node: 'Gone.example', addresses: 3 },
          { cidr: '10.1.1.0/26', node: 'node-0', addresses: 3 },
          { cidr: '10.1.2.0/26', addresses: 3 },
        ],
      }),
      ['node-0'],
    );
    expect(found).to.deep.equal([
      {
        name: 'Gone.example',
        hasNode: true,
        version: '7',
        objects: ['BGPConfiguration/node.Gone.example', 'BGPPeer/a', 'BGPPeer/b', 'BGPPeer/ours'],
        blocks: [
          { cidr: '10.1.0.0/26', addresses: 3 },
          { cidr: '10.1.0.64/26', addresses: 0 },
        ],
      },
    ]);
  });

  it('are on Kubernetes those that are only mentioned', () => {
    const mentioned = survey({
      nodes: [node('node-0'), node('half', undefined, false)],
      documents: [peerOf('p', 'half'), peerOf('q', 'node-0')],
      blocks: [{ cidr: 'fd00::/122', node: 'gone', addresses: 1 }],
    });
    const names = findStaleNodes(mentioned, undefined).map(({ name, hasNode }) => [name, hasNode]);
    expect(names).to.deep.equal([
      ['gone', false],
      ['half', false],
    ]);
    expect(findStaleNodes(mentioned, [])).to.deep.equal(findStaleNodes(mentioned, undefined));
  });

  it('are none that differ only in capital letters', () => {
    const spelled = survey({
      nodes: [node('Node-0', '1')],
      documents: [peerOf('p', 'NODE-0')],
      blocks: [{ cidr: '10.1.0.0/26', node: 'node-0', addresses: 1 }],
    });
    expect(findStaleNodes(spelled, ['node-0'])).to.deep.equal([]);
    expect(findStaleNodes(spelled, undefined)).to.deep.equal([]);
    expect(findStaleNodes(spelled, ['node-00']).map(({ name }) => name)).to.deep.equal([
      'NODE-0',
      'Node-0',
      'node-0',
    ]);
  });

  it('are found in any part of the documents', () => {
    const documents = [null, 7, [], { kind: 'BGPPeer' }, peerOf('', ''), { metadata: { name: 1 } }];
    expect(findStaleNodes(survey({ documents }), [])).to.deep.equal([]);
  });

  it('are found among 5,000', () => {
    const names = Array.from({ length: 5000 }, (_, index) => `node-${index}`);
    const nodes = names.map((name) => node(name, '1'));
    const documents = names.map((name) => peerOf(`p-${name}`, name));
    const found = findStaleNodes(survey({ nodes, documents }), names.slice(1));
    expect(found.map(({ name }) => name)).to.deep.equal(['node-0']);
  });
});
