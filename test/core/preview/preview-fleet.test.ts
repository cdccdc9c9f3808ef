import { expect } from 'chai';
import { dualStack, config, previewed } from './previewed.ts';
import { nodesOf } from '../../support/samples/models.ts';

const mesh = config({ bgp: { asNumber: 64_512, nodeToNodeMesh: true } });
const router = { address: '10.0.9.1', asNumber: 64_600 };
const reflectors = config({
  bgp: {
    asNumber: 64_512,
    nodeToNodeMesh: false,
    peers: [{ address: '10.0.0.2', asNumber: 64_512 }],
  },
  groups: [
    {
      name: 'reflectors',
      match: { nodes: ['node-0'] },
      routeReflectorClusterId: '10.255.0.1',
    },
  ],
});

describe('a preview for the fleet', () => {
  it('has a few entries for a fleet with one change', () => {
    const { nodes, changes, left, sessions } = previewed(mesh, reflectors, dualStack(400));
    expect(nodes).to.deep.equal({ known: 400, changed: 400 });
    expect(changes.map((one) => [one.nodes.count, one.alike])).to.deep.equal([
      [399, 'same'],
      [1, 'same'],
    ]);
    expect(left).to.equal(0);
    // IPv6 has no session any more, and IPv4 those with the reflector.
    expect(sessions).to.deep.equal({ gained: 0, lost: 400 * 399 * 2 - 2 * 399, changed: 2 * 399 });
    const [clients, reflector] = changes;
    expect(clients?.sessions.lost).to.deep.equal({ count: 797, mesh: 797, first: [] });
    expect(reflector?.sessions.changed.first.length).to.equal(20);
    expect(reflector?.routeReflectorClusterId).to.deep.include({ after: '10.255.0.1' });
    expect(reflector?.routeReflectorClusterId?.reasons[0]?.rule).to.equal('group reflectors');
  });

  it('names the rule of a new AS number and its place', () => {
    const [first] = dualStack(1);
    const text = [
      'apiVersion: calico-agent/v1',
      'kind: NetworkConfig',
      'bgp: { asNumber: 64512 }',
      'groups:',
      '  - name: rack',
      '    match: { nodes: [node-0] }',
      '    asNumber: 4200000001',
    ].join('\n');
    const { changes } = previewed(mesh, text, first === undefined ? [] : [first]);
    expect(changes[0]?.asNumber).to.deep.equal({
      before: 64_512,
      after: 4_200_000_001,
      reasons: [
        { rule: 'group rack', place: { pointer: '/groups/0/asNumber', line: 7, column: 15 } },
      ],
    });
    expect(changes[0]?.resources.first).to.deep.include.members([
      {
        action: 'update',
        kind: 'Node',
        name: 'node-0',
        fields: [
          {
            path: 'asNumber',
            after: 4_200_000_001,
            reasons: changes[0]?.asNumber?.reasons,
          },
        ],
      },
    ]);
  });

  it('puts many different changes of one kind into one entry that says so', () => {
    const nodes = dualStack(60);
    const groups = nodes.map(({ name }, index) => ({
      name,
      match: { nodes: [name] },
      asNumber: 65_000 + index,
    }));
    const { changes, left, needsStep } = previewed(
      mesh,
      config({ bgp: { asNumber: 64_512 }, groups }),
      nodes,
    );
    expect(changes.map((one) => [one.nodes.count, one.alike])).to.deep.equal([[60, 'similar']]);
    expect(left).to.equal(0);
    expect(needsStep.map((one) => [one.kind, one.nodes.count])).to.deep.equal([['as-numbers', 60]]);
  });

  it('shows the BGPPeers of a node with NODE in place of its name where several have them', () => {
    const peer = { name: 'all', match: { selector: 'all()' }, peers: [router] };
    const [before, after] = [[], [peer]].map((groups) =>
      config({ bgp: { asNumber: 64_512, peering: 'per-node' }, groups }),
    );
    const nodes = dualStack(3);
    const { changes } = previewed(before, after ?? '', nodes, { chosen: ['node-1'] });
    expect(changes.length).to.equal(1);
    expect(changes[0]?.resources.first.map(({ action, name }) => [action, name])).to.deep.equal([
      ['create', 'NODE-10.0.9.1'],
    ]);
    const { chosen } = previewed(before, after ?? '', nodes, { chosen: ['node-1'] });
    expect(chosen?.map((one) => one.resources.first[0]?.name)).to.deep.equal(['node-1-10.0.9.1']);
  });

  it('says what stays because the configuration does not give it any more', () => {
    const before = config({
      bgp: { asNumber: 64_512, nodeToNodeMesh: false, peers: [router] },
      groups: [{ name: 'rack', match: { selector: 'all()' }, asNumber: 64_601 }],
    });
    const after = config({ bgp: { peers: [router] } });
    const { outcome, sessions, changes, clusterWide, needsStep } = previewed(
      before,
      after,
      dualStack(3),
    );
    expect(clusterWide.kept).to.deep.equal([
      { what: 'BGPConfiguration default: spec.asNumber', value: '64512' },
      { what: 'BGPConfiguration default: spec.nodeToNodeMeshEnabled', value: 'false' },
      { what: 'Node: spec.bgp.asNumber', value: 'that of each node' },
      { what: 'Node: spec.bgp.routeReflectorClusterID', value: 'that of each node' },
    ]);
    // The mesh stays off, and the numbers stay as they are: no session comes or goes.
    expect({ outcome, sessions, changes, needsStep }).to.deep.equal({
      outcome: 'same',
      sessions: { gained: 0, lost: 0, changed: 0 },
      changes: [],
      needsStep: [],
    });
  });

  it('bounds long values, also of settings that stay', () => {
    const networks = Array.from({ length: 100 }, (_unused, index) => `10.${String(index)}.0.0/16`);
    const before = config({ bgp: { asNumber: 64_512, serviceClusterIPs: networks } });
    const { kept } = previewed(before, mesh, dualStack(1)).clusterWide;
    expect(kept.map(({ what }) => what)).to.deep.equal([
      'BGPConfiguration default: spec.serviceClusterIPs',
    ]);
    expect(kept[0]?.value).to.match(/^\[\{"cidr":"10\.0\.0\.0\/16"\}.*… \(\d+ characters\)$/);
  });

  it('compares with nothing where there is no base', () => {
    const { base, sessions, traffic, needsStep } = previewed(undefined, mesh, dualStack(3));
    expect(base).to.equal(undefined);
    expect(sessions.gained).to.equal(3 * 2 * 2);
    expect(traffic.notChecked).to.equal('there is nothing to compare it with');
    expect(needsStep).to.deep.equal([]);
  });

  it('shows cluster-wide resources with their fields before and after', () => {
    const pools = (more: object): object => ({
      pools: [{ name: 'pods', cidr: '10.1.0.0/16', ipip: 'Always', ...more }],
    });
    const bgp = { asNumber: 64_512, listenPort: 1790 };
    const { clusterWide, needsStep, issues } = previewed(
      config(pools({ blockSize: 26 })),
      config({ ...pools({ ipip: 'Never', vxlan: 'Always', blockSize: 24 }), bgp }),
      dualStack(2),
    );
    expect(
      clusterWide.resources.map(({ action, kind, name, fields }) => [
        `${action} ${kind} ${name}`,
        ...fields.map(({ path, before, after }) => `${path} ${String(before)} ${String(after)}`),
      ]),
    ).to.deep.equal([
      [
        'create BGPConfiguration default',
        'spec.asNumber undefined 64512',
        'spec.listenPort undefined 1790',
      ],
      [
        'update IPPool pods',
        'spec.ipipMode Always Never',
        'spec.vxlanMode Never Always',
        'spec.blockSize 26 24',
      ],
    ]);
    expect(needsStep.map(({ kind }) => kind)).to.include('encapsulation');
    expect(issues.map(({ severity, code }) => `${severity} ${code}`)).to.include(
      'warning pool-immutable',
    );
  });

  it('says which pools are deleted, and which stay', () => {
    const both = {
      pools: [
        { name: 'a', cidr: '10.1.0.0/16' },
        { name: 'b', cidr: 'fd00:1::/48' },
      ],
    };
    const one = { pools: [{ name: 'a', cidr: '10.1.0.0/16' }] };
    const codes = (unknownPools: string): readonly string[] => {
      const after = config({ ...one, unknownPools });
      const { clusterWide, issues } = previewed(config(both), after, dualStack(2));
      return [
        ...clusterWide.resources.map(({ action, name }) => `${action} ${name}`),
        ...issues.map(({ code }) => code).filter((code) => code.startsWith('pool-')),
      ];
    };
    expect(codes('keep')).to.deep.equal(['pool-kept']);
    expect(codes('delete')).to.deep.equal(['delete b', 'pool-deleted']);
  });

  it('names what the whole fleet has to do in step', () => {
    const { needsStep, clusterWide } = previewed(mesh, reflectors, dualStack(12));
    expect(needsStep.map(({ kind }) => kind)).to.deep.equal(['mesh-off']);
    expect(needsStep[0]?.nodes.count).to.equal(12);
    expect(needsStep[0]?.nodes.first.length).to.equal(10);
    expect(clusterWide.mesh).to.deep.equal({ before: true, after: false });
    const back = previewed(reflectors, config({ bgp: { nodeToNodeMesh: true } }), dualStack(2));
    expect(back.needsStep.map(({ kind }) => kind)).to.deep.equal(['mesh-on', 'peers']);
  });

  it('says which nodes no longer learn the routes of which others', () => {
    const nodes = nodesOf([
      ...['a', 'b'].map((name, index) => ({ name, addresses: [`10.0.0.${String(index + 2)}/24`] })),
      ...['c', 'd'].map((name, index) => ({ name, addresses: [`10.0.1.${String(index + 2)}/24`] })),
    ]);
    const to = (name: string, node: string, address: string): object => ({
      name,
      match: { nodes: [node] },
      peers: [{ address, asNumber: 64_512 }],
    });
    const { traffic } = previewed(
      mesh,
      config({
        bgp: { asNumber: 64_512, nodeToNodeMesh: false },
        groups: [to('one', 'a', '10.0.0.3'), to('other', 'c', '10.0.1.3')],
      }),
      nodes,
    );
    expect(traffic.lost).to.deep.equal([
      {
        family: 4,
        from: { count: 2, first: ['a', 'b'] },
        to: { count: 2, first: ['c', 'd'] },
      },
      {
        family: 4,
        from: { count: 2, first: ['c', 'd'] },
        to: { count: 2, first: ['a', 'b'] },
      },
    ]);
  });

  it('compares the other sections of the configuration field by field', () => {
    const section = (disable: readonly string[]): string =>
      config({ platform: 'k3s', k3s: { cni: 'calico', clusterCidr: '10.42.0.0/16', disable } });
    const answer = previewed(section(['servicelb']), section([]), dualStack(1));
    expect(answer.clusterWide.sections).to.deep.equal([
      {
        section: 'platform',
        fields: [{ path: 'k3s.disable', before: 'servicelb', after: 'none', reasons: [] }],
        left: 0,
      },
    ]);
    expect(answer.needsStep.map(({ kind }) => kind)).to.deep.equal(['platform']);
  });

  it('is refused with the errors of the check, and still compares', () => {
    const after = config({
      groups: [{ name: 'g', match: { selector: 'all()' }, peers: [router] }],
    });
    const [one] = dualStack(1);
    const twice = one === undefined ? [] : [one, { ...one, name: 'node-9' }];
    const { outcome, issues, nodes } = previewed(mesh, after, twice);
    expect(outcome).to.equal('refused');
    expect(nodes.changed).to.equal(2);
    expect(issues.map(({ code }) => code)).to.include('duplicate-address');
    const unread = previewed(mesh, 'kind: Nonsense', twice);
    expect([unread.outcome, unread.digest, unread.nodes.changed]).to.deep.equal([
      'refused',
      undefined,
      0,
    ]);
  });

  it('names the nodes that are away, the longest first, and those that it cannot compare', () => {
    const away = [
      { name: 'node-0', lastSeenAt: '2026-11-27T07:00:00Z', ageSeconds: 86_400 },
      { name: 'node-1', lastSeenAt: '2026-11-25T07:00:00Z', ageSeconds: 259_200 },
    ];
    const { oldFacts, nodes } = previewed(mesh, mesh, dualStack(3), {
      away,
      unreadable: ['node-x'],
    });
    expect(oldFacts.first.map(({ name }) => name)).to.deep.equal(['node-1', 'node-0']);
    expect(nodes.unreadable).to.deep.equal({ count: 1, first: ['node-x'] });
  });
});
