import { expect } from 'chai';
import { previewMarkdown, previewText } from '../../../core/preview/text/preview-text.ts';
import { nodesOf } from '../../support/samples/models.ts';
import { previewed } from './previewed.ts';

const head = ['apiVersion: calico-agent/v1', 'kind: NetworkConfig'];
const before = [...head, 'bgp: { asNumber: 64512, nodeToNodeMesh: true }'].join('\n');
const after = [
  ...head,
  'bgp: { asNumber: 64512, nodeToNodeMesh: false, peering: per-node }',
  'groups:',
  '  - name: rack_0',
  '    match: { nodes: [a, b] }',
  '    asNumber: 64601',
  "    peers: [{ address: 'fd00::1', asNumber: 64700 }]",
].join('\n');

const nodes = nodesOf([
  { name: 'a', addresses: ['10.0.0.2/24', 'fd00::2/64'] },
  { name: 'b', addresses: ['10.0.0.3/24', 'fd00::3/64'] },
]);

const preview = previewed(before, after, nodes, {
  away: [{ name: 'b', lastSeenAt: '2026-11-25T00:00:00Z', ageSeconds: 3 * 86_400 }],
});

describe('a preview for people', () => {
  it('is text that names nodes, sessions, reasons and what is not known', () => {
    expect(previewText(preview, 'network.yaml')).to.equal(`${expectedText.join('\n')}\n`);
  });

  it('is Markdown in which no text of a configuration has a meaning', () => {
    const text = previewMarkdown(preview, 'net<b>work_1.yaml');
    expect(text).to.contain(
      '## Preview of net\\<b\\>work\\_1.yaml\n\n### Summary\n\n- compared with',
    );
    expect(text).to.contain('  - `~` AS number 64512 → 64601 because group rack\\_0 (line 7)\n');
    expect(text).to.contain('    - `+` fd00::1: eBGP, AS 64601 to AS 64700, a peer of the node');
  });

  it('says that nothing changes', () => {
    const same = previewText(previewed(before, before, nodes), 'network.yaml');
    expect(same).to.match(
      /^Summary\n {2}compared with revision controller:default#6, on 2 nodes\n {2}nothing changes\n/,
    );
  });

  it('keeps escapes and line breaks of names on their line', () => {
    const [node] = nodes;
    const odd = node === undefined ? [] : [{ ...node, name: 'a\n## b\u001B' }];
    const text = previewText(previewed(undefined, before, odd), 'network.yaml');
    expect(text).to.contain('a\\u000a## b\\u001b');
  });
});

const expectedText: readonly string[] = [
  'Summary',
  '  compared with revision controller:default#6, on 2 nodes',
  '  a push would change the fleet',
  '  2 nodes change; 2 sessions gained, 4 lost, 0 changed (a session between two nodes counts on both); 1 cluster-wide resource changes',
  '',
  'Needs the whole fleet in step',
  '  mesh-off: the node-to-node mesh ends on all nodes at once, so each of them needs its other sessions before (2 nodes)',
  '  as-numbers: these nodes get other AS numbers: their sessions fail as long as only one side has the new number (2 nodes)',
  '',
  'Routes that nodes no longer learn',
  "  IPv4: a, b no longer learn each other's routes",
  '',
  'Cluster-wide',
  '  node-to-node mesh: on → off',
  '  ~ BGPConfiguration default',
  '    spec.nodeToNodeMeshEnabled: true → false   because global (line 3)',
  '',
  'Nodes',
  '  a, b',
  '    ~ AS number 64512 → 64601   because group rack_0 (line 7)',
  '    sessions: 1 gained, 2 lost (2 of the mesh), 0 changed',
  '      + fd00::1: eBGP, AS 64601 to AS 64700, a peer of the node   because group rack_0 (line 8)',
  '    ~ Node NODE',
  '      asNumber: none → 64601   because group rack_0 (line 7)',
  '    + BGPPeer NODE-v6-fd00--1',
  '      spec.peerIP: fd00::1   because group rack_0 (line 8)',
  '      spec.asNumber: 64700   because group rack_0 (line 8)',
  '',
  'Not known',
  '  b is away: facts of 3 d ago',
  `  ${preview.notKnown}`,
];
