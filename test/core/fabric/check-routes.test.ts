import { expect } from 'chai';
import { checkFleet } from '../../../core/fabric/check-fleet.ts';
import { native, nodesOf } from '../../support/samples/models.ts';

const codes = new Set([
  'routes-cut',
  'routes-not-learned',
  'reflectors-share-cluster-id',
  'routes-not-checked',
  'routes-not-carried',
]);

const fleet = (count: number): ReturnType<typeof nodesOf> =>
  nodesOf(
    Array.from({ length: count }, (_unused, index) => ({
      name: `node-${index}`,
      addresses: [`10.0.${index >> 7}.${(index & 127) + 1}/16`],
    })),
  );

const at = (index: number, asNumber = 64512): object => ({
  address: `10.0.0.${index + 1}`,
  asNumber,
});
const group = (name: string, nodes: readonly number[], more: object): object => ({
  name,
  match: { nodes: nodes.map((index) => `node-${index}`) },
  ...more,
});
const reflector = (index: number, id: string): object =>
  group(`reflector-${index}`, [index], { routeReflectorClusterId: id });
const off = { asNumber: 64512, nodeToNodeMesh: false };

function found(sections: object, count = 6): readonly string[] {
  return checkFleet(native(sections), fleet(count))
    .filter(({ code }) => codes.has(code))
    .map(({ code, message }) => `${code}: ${message}`);
}

describe("the routes of a fleet's nodes", () => {
  it('reach every node by a mesh, by two reflectors for all, and by reflectors in a row', () => {
    expect(found({ bgp: { asNumber: 64512 } })).to.deep.equal([]);
    const both = { bgp: { ...off, peers: [at(0), at(1)] } };
    expect(
      found({ ...both, groups: [reflector(0, '1.0.0.1'), reflector(1, '1.0.0.1')] }),
    ).to.deep.equal([]);
    const row = [
      reflector(0, '1.0.0.1'),
      reflector(1, '1.0.0.2'),
      group('left', [2, 3], { peers: [at(0)] }),
      group('right', [4, 5], { peers: [at(1)] }),
      group('link', [0], { peers: [at(1)] }),
    ];
    expect(found({ bgp: off, groups: row })).to.deep.equal([]);
  });

  const split = (left: string, right: string): object => ({
    bgp: off,
    groups: [
      reflector(0, left),
      reflector(1, right),
      group('left', [2, 3], { peers: [at(0)] }),
      group('right', [4, 5], { peers: [at(1)] }),
      group('link', [0], { peers: [at(1)] }),
    ],
  });

  it('are dropped between reflectors that share a cluster ID and have different clients', () => {
    expect(found(split('1.0.0.1', '1.0.0.1'))).to.deep.equal([
      'reflectors-share-cluster-id: the reflectors node-0, node-1 share the cluster ID 1.0.0.1 and drop what the other one passes on: node-1, node-4, node-5 never learn the routes of node-2, node-3',
    ]);
    expect(found(split('1.0.0.1', '1.0.0.2'))).to.deep.equal([]);
    // BIRD counts this as unset, and takes its router ID.
    expect(found(split('0.0.0.0', '0.0.0.0'))).to.deep.equal([]);
  });

  it('stay on their island of reflectors', () => {
    const groups = [
      reflector(0, '1.0.0.1'),
      reflector(1, '1.0.0.2'),
      group('left', [2, 3], { peers: [at(0)] }),
      group('right', [4, 5], { peers: [at(1)] }),
    ];
    expect(found({ bgp: off, groups })).to.deep.equal([
      'routes-cut: the nodes are 2 groups without a session between them, and none learns the routes of another: node-0, node-2, node-3; node-1, node-4, node-5',
    ]);
  });

  it('are not cut when a router is between them: it may pass everything on', () => {
    const router = { address: '10.9.9.9', asNumber: 64900 };
    const groups = [
      reflector(0, '1.0.0.1'),
      reflector(1, '1.0.0.2'),
      group('left', [2, 3], { peers: [at(0)] }),
      group('right', [4, 5], { peers: [at(1)] }),
      group('routed', [0, 1], { peers: [router] }),
    ];
    expect(found({ bgp: off, groups })).to.deep.equal([]);
  });

  it('end at a common peer that is not a reflector', () => {
    const groups = [group('clients', [1, 2, 3, 4, 5], { peers: [at(0)] })];
    expect(found({ bgp: off, groups })).to.deep.equal([
      "routes-not-learned: routes do not come everywhere: node-1, node-2, node-3, node-4, node-5 never learn each other's routes; a node that is no reflector passes nothing on to its own AS",
    ]);
  });

  it('pass between AS numbers, but not back into one', () => {
    const racks = (second: number): object => ({
      bgp: { nodeToNodeMesh: false },
      groups: [
        group('one', [0, 1], { asNumber: 64601 }),
        group('two', [2, 3], { asNumber: 64602 }),
        group('three', [4, 5], { asNumber: second }),
        group('one-two', [0, 1], { peers: [at(2, 64602)] }),
        group('two-two', [2], { peers: [at(3, 64602)] }),
        group('three-two', [4, 5], { peers: [at(2, 64602)] }),
      ],
    });
    const between = found(racks(64603));
    // Two nodes of one AS with only another AS between them refuse each other's routes.
    expect(between.join()).to.include("node-0, node-1 never learn each other's routes");
    const joined = {
      bgp: { nodeToNodeMesh: false },
      groups: [
        group('one', [0], { asNumber: 64601 }),
        group('two', [1], { asNumber: 64602 }),
        group('three', [2], { asNumber: 64603 }),
        group('one-two', [0], { peers: [at(1, 64602)] }),
        group('two-three', [1], { peers: [at(2, 64603)] }),
      ],
    };
    expect(found(joined, 3)).to.deep.equal([]);
  });

  const dualStack = (sections: object): readonly string[] => {
    const nodes = nodesOf(
      [0, 1, 2, 3].map((index) => ({
        name: `node-${index}`,
        addresses: [`10.0.0.${index + 1}/16`, `fd00::${index + 1}/64`],
      })),
    );
    return checkFleet(native(sections), nodes)
      .filter(({ code }) => codes.has(code))
      .map(({ code, message }) => `${code}: ${message}`);
  };
  const at6 = (index: number): object => ({ address: `fd00::${index + 1}`, asNumber: 64512 });
  const pool4 = { name: 'four', cidr: '10.244.0.0/16' };
  const pool6 = { name: 'six', cidr: 'fd10::/64' };
  const byReflector = (peers: readonly object[], pools: readonly object[]): readonly string[] =>
    dualStack({ bgp: { ...off, peers }, pools, groups: [reflector(0, '1.0.0.1')] });

  it('use sessions of their own family alone', () => {
    expect(byReflector([at6(0)], [pool4])).to.deep.equal([
      'routes-not-carried: no session carries IPv4 routes, and pools are IPv4: all peers are IPv6, and a session carries the routes of its own family alone',
    ]);
    expect(byReflector([at(0)], [pool4, pool6]).join()).to.include(
      'routes-not-carried: IPv6: no session carries IPv6 routes',
    );
    expect(byReflector([at6(0)], [pool6])).to.deep.equal([]);
    expect(byReflector([at(0), at6(0)], [pool4, pool6])).to.deep.equal([]);
    const unknown = nodesOf([{ name: 'node-0' }, { name: 'node-1' }]);
    const ofUnknown = checkFleet(
      native({ bgp: { ...off, peers: [at6(7)] }, pools: [pool4] }),
      unknown,
    );
    expect(ofUnknown.map(({ code }) => code)).to.include('routes-not-carried');
    // No node needs the other family's routes.
    expect(byReflector([at(0)], [pool4])).to.deep.equal([]);
  });

  it('are cut in one family and not in the other', () => {
    const groups = [
      reflector(0, '1.0.0.1'),
      group('left', [1], { peers: [at6(0)] }),
      group('right', [2, 3], { peers: [at(0)] }),
    ];
    const found6 = dualStack({
      bgp: { ...off, peers: [at(0)] },
      pools: [pool4, pool6],
      groups,
    });
    expect(found6).to.have.lengthOf(1);
    expect(found6[0]).to.include('routes-cut: IPv6: the nodes are 3 groups');
  });

  it('are followed also in a fleet of 5,000', () => {
    const groups = [
      reflector(0, '1.0.0.1'),
      reflector(1, '1.0.0.1'),
      { name: 'all', match: { subnets: ['10.0.0.0/17'] }, peers: [at(0)] },
      { name: 'link', match: { nodes: ['node-1', 'node-2'] }, peers: [at(1)] },
    ];
    const [issue, ...others] = found({ bgp: off, groups }, 5000);
    expect(others).to.deep.equal([]);
    expect(issue).to.match(/^reflectors-share-cluster-id: the reflectors node-0, node-1 share/);
  });
});
