import { expect } from 'chai';
import {
  explainServices,
  type ExplainedService,
} from '../../../../core/metallb/explain/explain-service.ts';
import { readServices } from '../../../../core/metallb/explain/services.ts';
import { modelOf } from '../../config/reading-configs.ts';

const native = (sections: string): string =>
  `apiVersion: calico-agent/v1\nkind: NetworkConfig\n${sections}\n`;

interface Given {
  readonly metadata?: object;
  readonly spec?: object;
  readonly has?: string;
}

/** A Service as kubectl prints it. */
function service(name: string, { metadata = {}, spec = {}, has }: Given = {}): object {
  return {
    kind: 'Service',
    metadata: { namespace: 'default', name, ...metadata },
    spec: { type: 'LoadBalancer', clusterIPs: ['10.43.0.9'], ports: [{ port: 443 }], ...spec },
    status: has === undefined ? {} : { loadBalancer: { ingress: [{ ip: has }] } },
  };
}

function explained(...given: Parameters<typeof allExplained>): ExplainedService {
  const [first] = allExplained(...given);
  if (first === undefined) throw new Error('nothing to explain');
  return first;
}

function allExplained(
  sections: string,
  items: readonly object[],
  nodes?: Parameters<typeof explainServices>[2],
): readonly ExplainedService[] {
  const { metallb, bgp, groups } = modelOf(native(sections));
  const listed = readServices({ kind: 'List', items });
  if (metallb === undefined) throw new Error('nothing to explain');
  return explainServices(listed, { metallb, bgp, groups }, nodes);
}

const layer2 = 'metallb: {layer2: [10.0.0.100-10.0.0.101]}';
const annotated = (key: string, value: string): Given => ({
  metadata: { annotations: { [`metallb.io/${key}`]: value } },
});

describe('a Service that is explained', () => {
  describe('that has an address of a pool that is not for it', () => {
    const pools = (allocation: string): string =>
      `metallb: {layer2: [{name: a}], pools: [{name: ours, addresses: [10.0.0.0/28], serviceAllocation: ${allocation}}, {name: rest, addresses: [10.0.1.0/28]}]}`;
    const has = service('web', { has: '10.0.0.1' });
    const labelled = (labels: object): object => ({
      kind: 'Namespace',
      metadata: { name: 'default', labels },
    });

    it('loses it, and gets one of another pool', () => {
      const found = explained(pools('{namespaces: [team]}'), [has]);
      expect(found.gets).to.deep.equal(['10.0.1.0']);
      expect(found.why).to.deep.equal([
        'it loses 10.0.0.1: pool "ours" is for other namespaces: team',
      ]);
    });

    it('keeps it where the pool is for its namespace, by name or by label', () => {
      const byName = explained(pools('{namespaces: [default]}'), [has]);
      expect(byName).to.deep.include({ gets: ['10.0.0.1'], pool: 'ours', why: [] });
      const selector = '{namespaceSelectors: [{matchLabels: {team: a}}]}';
      const byLabel = explained(pools(selector), [has, labelled({ team: 'a' })]);
      expect(byLabel).to.deep.include({ gets: ['10.0.0.1'], pool: 'ours', why: [] });
      const other = [
        has,
        labelled({ team: 'b' }),
        { kind: 'Namespace', metadata: { name: 'x', labels: { team: 'a' } } },
      ];
      expect(explained(pools(selector), other).gets).to.deep.equal(['10.0.1.0']);
    });

    it('says that it is not known where the file has no Namespaces', () => {
      const found = explained(pools('{namespaceSelectors: [{matchLabels: {team: a}}]}'), [has]);
      expect(found.gets).to.deep.equal(['10.0.0.1']);
      expect(found.why.join()).to.contain('it loses the address where pool "ours" is not for');
    });
  });

  it('gets the first free address, and one node answers for it', () => {
    const found = explained(layer2, [service('web'), service('other', { has: '10.0.0.100' })]);
    expect(found).to.deep.equal({
      service: 'default/web',
      has: [],
      gets: ['10.0.0.101'],
      pool: 'layer2',
      state: 'announced',
      announcedBy: [
        'L2Advertisement layer2: one of every node answers by ARP and NDP, to the hosts of its link',
      ],
      why: [],
    });
  });

  it('does not get what the one before it gets', () => {
    const found = allExplained(layer2, [service('a'), service('b'), service('c')]);
    expect(found.map(({ gets }) => gets)).to.deep.equal([['10.0.0.100'], ['10.0.0.101'], []]);
    expect(found[2]?.state).to.equal('pending');
  });

  it('keeps an address that it asks for in another form', () => {
    const section = 'metallb: {layer2: ["fd00::8/125"]}';
    const spec = { clusterIPs: ['fd43::9'] };
    const asks = annotated('loadBalancerIPs', 'FD00:0::0009');
    const found = explained(section, [service('web', { ...asks, spec, has: 'fd00::9' })]);
    expect(found.why).to.deep.equal([]);
    expect(found.gets).to.deep.equal(['fd00::9']);
  });

  it('keeps the address that it has', () => {
    expect(explained(layer2, [service('web', { has: '10.0.0.101' })]).gets).to.deep.equal([
      '10.0.0.101',
    ]);
  });

  it('loses an address that no pool has any more', () => {
    const found = explained(layer2, [service('web', { has: '10.0.0.9' })]);
    expect(found.gets).to.deep.equal(['10.0.0.100']);
    expect(found.why).to.deep.equal(['it loses 10.0.0.9: no pool of the document has it']);
  });

  it('gets an address of each of its families, from one pool', () => {
    const section = 'metallb: {layer2: [10.0.0.0/32, 10.0.0.4/30, "fd00::8/125"]}';
    const spec = { clusterIPs: ['10.43.0.9', 'fd43::9'], ipFamilyPolicy: 'RequireDualStack' };
    expect(explained(section, [service('web', { spec })]).gets).to.deep.equal([
      '10.0.0.0',
      'fd00::8',
    ]);
    const pending = explained(layer2, [service('web', { spec })]);
    expect(pending.state).to.equal('pending');
    expect(pending.why).to.deep.equal([
      'pool "layer2" has no free address of IPv4 and IPv6 for it',
    ]);
    const one = { ...spec, ipFamilyPolicy: 'PreferDualStack' };
    expect(explained(layer2, [service('web', { spec: one })]).gets).to.deep.equal(['10.0.0.100']);
  });

  it('gets no address that ends in .0 or .255 of a pool with avoidBuggyIPs', () => {
    const section =
      'metallb: {pools: [{name: a, avoidBuggyIPs: true, addresses: [10.0.0.255-10.0.1.9]}], layer2: [{name: x}]}';
    expect(explained(section, [service('web')]).gets).to.deep.equal(['10.0.1.1']);
  });

  const pools = (first: string, second: string): string =>
    `metallb: {pools: [{name: a, addresses: [10.0.0.0/30], ${first}}, {name: b, addresses: [10.0.1.0/30], ${second}}], layer2: [{name: x}]}`;

  it('gets an address of a pool that is for it, the smallest priority first and 0 last', () => {
    const mine = 'serviceAllocation: {namespaces: [default], priority';
    expect(explained(pools(`${mine}: 20}`, `${mine}: 10}`), [service('web')]).pool).to.equal('b');
    expect(explained(pools(`${mine}: 0}`, `${mine}: 10}`), [service('web')]).pool).to.equal('b');
    expect(explained(pools('autoAssign: true', `${mine}: 10}`), [service('web')]).pool).to.equal(
      'b',
    );
  });

  it('chooses pools by the labels of its namespace', () => {
    const selectors = 'serviceAllocation: {namespaceSelectors: [{matchLabels: {team: x}}]}';
    const namespace = (team: string): object => ({
      kind: 'Namespace',
      metadata: { name: 'default', labels: { team } },
    });
    const text = pools(selectors, 'autoAssign: false');
    expect(explained(text, [service('web'), namespace('x')]).pool).to.equal('a');
    const unknown = explained(text, [service('web')]);
    expect(unknown.state).to.equal('pending');
    expect(unknown.why.join()).to.include('no Namespaces are known');
    const other = explained(pools(selectors, 'autoAssign: true'), [service('web')]);
    expect(other.pool).to.equal('b');
    expect(other.why.join()).to.include('it may get another address, of a');
  });

  const pending: readonly (readonly [name: string, given: Given, why: string, section?: string])[] =
    [
      [
        'an address outside of every pool',
        { spec: { loadBalancerIP: '10.9.9.9' } },
        'it asks for 10.9.9.9, and no pool has it',
      ],
      [
        'an address in use',
        annotated('loadBalancerIPs', '10.0.0.100'),
        '10.0.0.100 is in use by default/other: both need the same metallb.io/allow-shared-ip to share it',
      ],
      [
        'two ways of asking',
        { ...annotated('loadBalancerIPs', '10.0.0.101'), spec: { loadBalancerIP: '10.0.0.101' } },
        'it asks for addresses with an annotation and with spec.loadBalancerIP: take one away',
      ],
      [
        'an address that is none',
        annotated('loadBalancerIPs', 'web'),
        'it asks for "web": "web" is not an IPv4 or IPv6 address',
      ],
      [
        'an address of the wrong family',
        annotated('loadBalancerIPs', 'fd00::1'),
        'it asks for fd00::1, and its cluster IPs are IPv4: the families have to be the same',
      ],
      [
        'a pool that is not there',
        annotated('address-pool', 'web'),
        'it asks for the pool "web", which the document does not have',
      ],
      [
        'an address of another pool than it asks for',
        {
          metadata: {
            annotations: {
              'metallb.io/loadBalancerIPs': '10.0.0.101',
              'metallb.universe.tf/address-pool': 'b',
            },
          },
        },
        'it asks for the pool "b", and 10.0.0.101 is in "layer2"',
      ],
      [
        'no cluster IP',
        { spec: { clusterIPs: ['None'] } },
        'it has no cluster IP, and so no family of addresses',
      ],
      [
        'a pool that is full',
        {},
        'pool "a" has no free address of IPv4 for it',
        'metallb: {pools: [{name: a, addresses: [10.0.0.100/32]}], layer2: [{name: x}]}',
      ],
      [
        'a pool that gives nothing by itself',
        {},
        'pool "a" has autoAssign: false, and the Service asks neither for it nor for one of its addresses',
        'metallb: {pools: [{name: a, autoAssign: false, addresses: [10.0.0.0/30]}], layer2: [{name: x}]}',
      ],
      [
        'a pool of another namespace',
        {},
        'pool "a" is for other namespaces: platform',
        'metallb: {pools: [{name: a, addresses: [10.0.0.0/30], serviceAllocation: {namespaces: [platform]}}], layer2: [{name: x}]}',
      ],
      [
        'a pool for other labels',
        {},
        'pool "a" is for Services with other labels',
        'metallb: {pools: [{name: a, addresses: [10.0.0.0/30], serviceAllocation: {serviceSelectors: [{matchLabels: {app: x}}]}}], layer2: [{name: x}]}',
      ],
    ];
  for (const [name, given, why, section = layer2] of pending) {
    it(`stays pending with ${name}`, () => {
      const found = explained(section, [
        service('web', given),
        service('other', { has: '10.0.0.100' }),
      ]);
      expect(found.state).to.equal('pending');
      expect(found.why).to.deep.equal([why]);
      expect(found.gets).to.deep.equal([]);
    });
  }

  it('shares an address on other ports, by the same key', () => {
    const shared = {
      annotations: {
        'metallb.io/allow-shared-ip': 'k',
        'metallb.io/loadBalancerIPs': '10.0.0.100',
      },
    };
    const other = (port: number): object =>
      service('other', { metadata: shared, spec: { ports: [{ port }] }, has: '10.0.0.100' });
    const ours = service('web', { metadata: shared });
    expect(explained(layer2, [ours, other(80)]).gets).to.deep.equal(['10.0.0.100']);
    expect(explained(layer2, [ours, other(443)]).why).to.deep.equal([
      '10.0.0.100 is in use by default/other, also on TCP/443',
    ]);
  });

  it('is allocated and not announced without an advertisement for its pool or its labels', () => {
    const section = (advertisement: string): string =>
      `metallb: {pools: [{name: a, addresses: [10.0.0.0/30]}, {name: b, addresses: [10.0.1.0/30]}], layer2: [${advertisement}]}`;
    for (const one of [
      '{name: x, ipAddressPools: [b]}',
      '{name: x, serviceSelectors: [{matchLabels: {app: y}}]}',
    ]) {
      const found = explained(section(one), [service('web')]);
      expect(found.state).to.equal('allocated');
      expect(found.why[0]).to.include('allocated, not announced');
    }
  });

  it('is announced by Calico to its routers, where Calico is the speaker', () => {
    const section = 'metallb: {speaker: calico, pools: [{name: a, addresses: [203.0.113.0/28]}]}';
    const routers = 'bgp: {peers: [{address: 10.0.0.1, asNumber: 64513}]}\n';
    expect(explained(routers + section, [service('web')]).announcedBy).to.deep.equal([
      'Calico by BGP, within a whole block, to 10.0.0.1',
    ]);
    const alone = explained(`bgp: {asNumber: 64512}\n${section}`, [service('web')]);
    expect(alone.state).to.equal('allocated');
    expect(alone.why).to.deep.equal([
      'Calico has no peer outside the cluster, add bgp.peers: the address is allocated, not announced',
    ]);
  });

  it('is announced by BGP to the peers of the advertisement, from the nodes that it chooses', () => {
    const section =
      'metallb: {pools: [{name: a, addresses: [203.0.113.0/28]}], peers: [{name: p, myASN: 64512, peerASN: 64513, peerAddress: 10.0.0.1}, {name: q, myASN: 64512, peerASN: 64513, peerAddress: 10.0.0.2}], bgpAdvertisements: [{name: x, peers: [q], nodeSelectors: [{matchLabels: {edge: "true"}}]}]}';
    const node = (name: string, edge: string) => ({
      name,
      units: [],
      addresses: [],
      labels: { edge },
    });
    const nodes = [node('n1', 'true'), node('n2', 'false')];
    expect(explained(section, [service('web')], nodes).announcedBy).to.deep.equal([
      'BGPAdvertisement x: n1, to 10.0.0.2',
    ]);
    const none = explained(section, [service('web')], [node('n2', 'false')]);
    expect([none.state, none.announcedBy]).to.deep.equal(['allocated', []]);
    expect(none.why[0]).to.include('no node is chosen');
  });

  it('is announced to a peer by the nodes that the peer chooses', () => {
    const section =
      'metallb: {pools: [{name: a, addresses: [203.0.113.0/28]}], peers: [{name: p, myASN: 64512, peerASN: 64513, peerAddress: 10.0.0.1}, {name: q, myASN: 64512, peerASN: 64513, peerAddress: 10.0.0.2, nodeSelectors: [{matchLabels: {rack: "1"}}]}], bgpAdvertisements: [{name: x}]}';
    const nodes = ['1', '2'].map((rack) => ({
      name: `n${rack}`,
      units: [],
      addresses: [],
      labels: { rack },
    }));
    expect(explained(section, [service('web')], nodes).announcedBy).to.deep.equal([
      'BGPAdvertisement x: every node, to 10.0.0.1',
      'BGPAdvertisement x: n1, to 10.0.0.2',
    ]);
  });

  it('is not for MetalLB with another type or class', () => {
    const type = { spec: { type: 'ClusterIP' } };
    expect(explained(layer2, [service('web', type)]).state).to.equal('not-ours');
    const ofClass = { spec: { loadBalancerClass: 'other/lb' } };
    expect(explained(layer2, [service('web', ofClass)]).state).to.equal('not-ours');
  });
});
