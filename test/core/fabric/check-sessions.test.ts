import { expect } from 'chai';
import { checkFleet } from '../../../core/fabric/check-fleet.ts';
import { native, nodesOf } from '../../support/samples/models.ts';

const codes = new Set(['node-without-session', 'reflector-without-peers', 'peer-as-differs']);

/** `code pointer: node`, of the findings about sessions. */
function found(sections: object, nodes = three): readonly string[] {
  return checkFleet(native(sections), nodes)
    .filter(({ code }) => codes.has(code))
    .map(({ code, pointer, node }) => `${code} ${pointer}: ${node ?? ''}`);
}

const three = nodesOf([
  { name: 'node-0', addresses: ['10.0.0.2/24', 'fd00::2/64'] },
  { name: 'node-1', addresses: ['10.0.1.2/24'] },
  { name: 'node-2', addresses: ['10.0.2.2/24'] },
]);

const on = (...nodes: string[]): object => ({ nodes: nodes.map((name) => `node-${name}`) });
const peer = (address: string, asNumber = 64512): object => ({ address, asNumber });
const off = { nodeToNodeMesh: false, asNumber: 64512 };
const routed = { name: 'routed', match: on('0', '1'), peers: [peer('10.0.9.1', 64600)] };
const without = 'node-without-session /bgp/nodeToNodeMesh';

describe('sessions of a fleet', () => {
  it('are missing when the mesh is off and no rule gives a node a peer', () => {
    expect(found({ bgp: off, groups: [routed] })).to.deep.equal([`${without}: node-2`]);
    expect(found({ bgp: { asNumber: 64512 }, groups: [routed] })).to.deep.equal([]);
  });

  const mirrors: readonly [string, object, object, readonly string[]][] = [
    ['its AS number', {}, peer('10.0.2.2'), []],
    [
      'another AS number',
      {},
      peer('10.0.2.2', 64513),
      [`${without}: node-2`, 'peer-as-differs /groups/1/peers/0: node-0'],
    ],
    [
      'a port that no node has',
      { listenPort: 179 },
      { ...peer('10.0.2.2'), port: 1179 },
      [`${without}: node-2`],
    ],
    [
      'an AS number, where its own is not known',
      { asNumber: undefined },
      peer('10.0.2.2', 64513),
      [],
    ],
  ];
  for (const [what, bgp, asked, expected] of mirrors) {
    it(`are mirrored on a node that is another's peer, or not: with its address and ${what}`, () => {
      const groups = [routed, { name: 'm', match: on('0'), peers: [asked] }];
      expect(found({ bgp: { ...off, ...bgp }, groups })).to.deep.equal(expected);
    });
  }

  it('do not come from a peer of a family that the node does not have', () => {
    const groups = [{ name: 'g', match: on('0', '1', '2'), peers: [peer('fd00::9')] }];
    expect(found({ bgp: off, groups })).to.deep.equal([`${without}: node-1`]);
    expect(
      checkFleet(native({ bgp: off, groups }), three)
        .map(({ message }) => message)
        .join('\n'),
    ).to.match(/not in this configuration; so on 2 nodes: node-1, node-2/);
  });

  const reflector = { name: 'rr', match: on('0'), routeReflectorClusterId: '1.0.0.1' };
  const alone = 'reflector-without-peers /groups/0/routeReflectorClusterId: node-0';
  it('end on a reflector that leaves the mesh without a peer', () => {
    expect(found({ groups: [reflector] })).to.deep.equal([alone]);
    expect(found({ bgp: { nodeToNodeMesh: true }, groups: [reflector] })).to.deep.equal([alone]);
  });

  it('stay on a reflector that has a peer, or is one', () => {
    expect(found({ groups: [{ ...reflector, peers: [peer('10.0.9.1')] }] })).to.deep.equal([]);
    expect(
      found({ groups: [reflector, { name: 'c', match: on('1'), peers: [peer('10.0.0.2')] }] }),
    ).to.deep.equal([]);
  });

  it('are missing on the last node of a mesh that all others leave', () => {
    const groups = [{ ...reflector, match: on('0', '1'), peers: [peer('10.0.9.1')] }];
    expect(found({ groups })).to.deep.equal(['node-without-session : node-2']);
  });

  it('are left to the parser when nothing gives any', () => {
    expect(found({ bgp: off })).to.deep.equal([]);
  });

  it("are described with both AS numbers, and the place of the node's number", () => {
    const bgp = { asNumber: 64512, peers: [peer('10.0.1.2')] };
    const groups = [{ name: 'one', match: on('1'), asNumber: 64513 }];
    const issues = checkFleet(native({ bgp, groups }), three);
    const issue = issues.find(({ code }) => code === 'peer-as-differs');
    expect(issue?.severity).to.equal('warning');
    expect(issue?.message).to.match(
      /^peer 10\.0\.1\.2 has AS number 64512 here, but it is the node node-1, which has 64513 from group one \(line 1\).*so on 2 nodes: node-0, node-2$/,
    );
  });

  it('with an address that no node has belong to a router', () => {
    expect(found({ bgp: { asNumber: 64512, peers: [peer('10.0.9.9', 1)] } })).to.deep.equal([]);
  });
});
