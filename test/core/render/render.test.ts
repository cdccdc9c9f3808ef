import { expect } from 'chai';
import type { CalicoResource } from '../../../core/calico/resource.ts';
import type { NetworkModel } from '../../../core/config/model.ts';
import type { Desired } from '../../../core/render/desired.ts';
import { render } from '../../../core/render/render.ts';
import { charm, native, nodesOf, resolveAll } from '../../support/samples/models.ts';

const nodes = nodesOf([
  { name: 'node-0', unit: 'calico/0', addresses: ['10.0.0.2/24'] },
  { name: 'node-1', unit: 'calico/1', addresses: ['10.0.1.2/24'] },
]);

function rendered(model: NetworkModel): Desired {
  return render(model, resolveAll(model, nodes), { cluster: true });
}

function resources(model: NetworkModel): readonly CalicoResource[] {
  return rendered(model).resources.map(({ resource }) => resource);
}

function peers(model: NetworkModel): readonly string[] {
  return resources(model).flatMap((resource) =>
    resource.kind === 'BGPPeer'
      ? `${resource.spec.peerIP} ${resource.spec.nodeSelector ?? 'every node'}`
      : [],
  );
}

describe('the port of a peer', () => {
  const entry = { address: '10.0.1.2', asNumber: 64512 };
  const v6 = { address: 'fd00::1', asNumber: 64512, port: 179 };

  it('is written when it is set, even 179: else Calico dials the listenPort of a node', () => {
    const bgp = { listenPort: 178, peers: [{ ...entry, port: 179 }, v6] };
    expect(peers(native({ bgp }))).to.have.members([
      '10.0.1.2:179 every node',
      '[fd00::1]:179 every node',
    ]);
    expect(peers(native({ bgp: { ...bgp, peers: [entry] } }))).to.deep.equal([
      '10.0.1.2 every node',
    ]);
  });

  it('is one for all rules that name the router: set once, it applies everywhere', () => {
    const group = { name: 'a', match: { nodes: ['node-0'] }, peers: [{ ...entry, port: 179 }] };
    const model = native({ bgp: { peers: [entry] }, groups: [group] });
    expect(peers(model)).to.deep.equal(['10.0.1.2:179 every node']);
  });

  it('changes no name when it is 179, so that the object is changed and not doubled', () => {
    const [name, same, other] = [undefined, 179, 1179].map((port) => {
      const model = native({ bgp: { peers: [port === undefined ? entry : { ...entry, port }] } });
      return resources(model).map(({ metadata }) => metadata.name)[0];
    });
    expect(same).to.equal(name);
    expect(other).to.not.equal(name);
  });
});

describe('the rendered Nodes', () => {
  const oneRule = { name: 'a', match: { nodes: ['node-0'] }, asNumber: 64601 };
  const table: readonly [string, NetworkModel, readonly (number | null | undefined)[]][] = [
    [
      'every node gets an AS number as soon as a rule gives one to some',
      native({ bgp: { asNumber: 64600 }, groups: [oneRule] }),
      [64601, 64600],
    ],
    [
      'without a global one no number is invented, and an old one is taken away',
      native({ groups: [oneRule] }),
      [64601, null],
    ],
    [
      'without a global one the charm’s unmatched nodes lose theirs, too',
      charm({ 'unit-as-numbers': '{0: 64601}', 'subnet-as-numbers': '{}' }),
      [64601, null],
    ],
    [
      'also where the rule is for nodes that are not there',
      native({ bgp: { asNumber: 64600 }, groups: [{ ...oneRule, match: { nodes: ['x'] } }] }),
      [64600, 64600],
    ],
    [
      'the global one alone is BGPConfiguration’s',
      native({ bgp: { asNumber: 64600 }, groups: [] }),
      [null, null],
    ],
    ['what is not managed stays', native({ bgp: { asNumber: 64600 } }), [undefined, undefined]],
    [
      'the charm’s empty option takes numbers away',
      charm({ 'unit-as-numbers': '{}', 'subnet-as-numbers': '{}' }),
      [null, null],
    ],
  ];
  for (const [behaviour, model, expected] of table) {
    it(behaviour, () => {
      expect(rendered(model).nodes.map(({ settings }) => settings.asNumber)).to.deep.equal(
        expected,
      );
    });
  }

  it('have the reason for a removed number', () => {
    const [, second] = rendered(native({ groups: [oneRule] })).nodes;
    expect(second?.reasons['asNumber']?.[0]?.rule).to.equal('no rule gives the node an AS number');
  });

  it('lose a cluster ID when no rule gives one', () => {
    const model = charm({ 'route-reflector-cluster-ids': '{0: 1.0.0.1}' });
    expect(
      rendered(model).nodes.map(({ settings }) => settings.routeReflectorClusterID),
    ).to.deep.equal(['1.0.0.1', null]);
  });
});

describe('peers by selectors', () => {
  const peer = (address: string): object => ({ address, asNumber: 64512 });
  const group = (name: string, match: object, list: object[]): object => ({
    name,
    match,
    peers: list,
  });
  const left = { subnets: ['10.0.0.0/24'] };
  const right = { subnets: ['10.0.1.0/24'] };

  it('are for every node when the global list names them, whatever groups do', () => {
    const model = native({
      bgp: { peers: [peer('10.9.0.1')] },
      groups: [group('a', left, [peer('10.9.0.1')])],
    });
    const [resource] = rendered(model).resources;
    expect(peers(model)).to.deep.equal(['10.9.0.1 every node']);
    expect(resource?.reasons['spec.peerIP']?.map(({ rule }) => rule)).to.deep.equal([
      'global',
      'group a',
    ]);
    expect(rendered(model).nodes.map(({ settings }) => settings.groupLabels)).to.deep.equal([
      [],
      [],
    ]);
  });

  it('share a label when the same groups name them', () => {
    const list = [peer('10.9.0.1'), peer('10.9.0.2')];
    const model = native({ groups: [group('a', left, list), group('b', right, list)] });
    const selectors = new Set(peers(model).map((text) => text.split(' ')[1]));
    expect(selectors.size).to.equal(1);
    const [first, second] = rendered(model).nodes.map(({ settings }) => settings.groupLabels);
    expect(first).to.have.length(1);
    expect(second).to.deep.equal(first);
    expect([...selectors]).to.deep.equal([`has(${first?.[0] ?? ''})`]);
  });

  it('keep their label when groups are renamed or moved, and get another for other nodes', () => {
    const list = [peer('10.9.0.1')];
    const before = peers(native({ groups: [group('a', left, list), group('b', right, list)] }));
    expect(
      peers(native({ groups: [group('x', right, list), group('y', left, list)] })),
    ).to.deep.equal(before);
    expect(peers(native({ groups: [group('a', left, list)] }))).to.not.deep.equal(before);
  });

  it('keep the label that a group sets for itself, and share it with no other group', () => {
    const list = [peer('10.9.0.1')];
    const own = group('a', left, list);
    const [text = ''] = peers(native({ groups: [own] }));
    const label = /group\.([0-9a-f]+)/.exec(text)?.[1] ?? '';
    const moved = { ...group('b', right, list), label };
    expect(peers(native({ groups: [moved] }))).to.deep.equal([text]);
    const both = peers(native({ groups: [moved, group('a', left, [peer('10.9.0.2')])] }));
    expect(both[0]).to.equal(text);
    expect(both[1]).to.match(/^10\.9\.0\.2 has/);
    expect(both[1]).to.not.contain(label);
  });

  it('label a node also when the peer is the node itself', () => {
    const model = native({ groups: [group('a', left, [peer('10.0.0.2')])] });
    expect(rendered(model).nodes[0]?.settings.groupLabels).to.have.length(1);
  });

  it('are written with port and brackets as Calico expects them', () => {
    const list = [
      { ...peer('10.9.0.1'), port: 1179 },
      { ...peer('fd00::1'), port: 1179 },
      { ...peer('fd00::2'), port: 179 },
    ];
    expect(peers(native({ bgp: { peers: list } }))).to.deep.equal([
      '10.9.0.1:1179 every node',
      '[fd00::1]:1179 every node',
      '[fd00::2]:179 every node',
    ]);
  });
});

describe('BGPConfiguration and pools', () => {
  it('are absent when nothing of them is managed', () => {
    expect(resources(native({}))).to.deep.equal([]);
    expect(rendered(native({})).unknownPools).to.equal('not-managed');
  });

  it('contain only managed fields, also an empty list', () => {
    const model = native({ bgp: { nodeToNodeMesh: true, serviceExternalIPs: [] } });
    expect(resources(model)[0]?.spec).to.deep.equal({
      nodeToNodeMeshEnabled: true,
      serviceExternalIPs: [],
    });
  });

  it('say what happens to pools that the document does not name', () => {
    for (const unknownPools of ['keep', 'delete', 'delete-in-use'] as const) {
      expect(rendered(native({ pools: [], unknownPools })).unknownPools).to.equal(unknownPools);
    }
  });

  it('never put IPIP on IPv6', () => {
    const options = { cidr: '192.168.0.0/16,fd00::/48', ipip: 'Always', 'manage-pools': true };
    const modes = resources(charm(options)).map(({ spec }) => 'ipipMode' in spec && spec.ipipMode);
    expect(modes).to.deep.equal(['Always', 'Never']);
    // Also when a model has it, which the parser does not allow.
    const model = charm({ cidr: 'fd00::/48' });
    const pools = (model.pools ?? []).map((pool) =>
      Object.assign({}, pool, { ipip: 'Always' as const }),
    );
    expect(resources({ ...model, pools })[0]?.spec).to.include({ ipipMode: 'Never' });
    expect(rendered(charm(options)).unknownPools).to.equal('delete');
  });
});
