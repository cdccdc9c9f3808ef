import { expect } from 'chai';
import { parseConfig } from '../../../../core/config/parse.ts';
import { bare, modelOf, summary } from '../reading-configs.ts';

const rack = `
subnet-as-numbers: |
  10.0.0.5/24: 64512
  10.0.1.0/24: 64513
subnet-bgp-peers:
  10.0.0.0/24:
  - address: 10.0.0.1
    as-number: 64512
unit-as-numbers: {0: "64514"}
unit-bgp-peers: "0: [{address: 'FD00::1', as-number: 64515}]"
route-reflector-cluster-ids: {calico/0: 224.0.0.1, 3: 224.0.0.2}
global-bgp-peers: []
node-to-node-mesh: false
`;

describe('the charm dialect, model', () => {
  it('makes one group of each unit and each network', () => {
    expect(bare(modelOf(rack).groups)).to.deep.equal([
      {
        name: 'unit calico/0',
        title: 'unit 0',
        match: { units: [{ value: 'calico/0' }] },
        asNumber: { value: 64514 },
        routeReflectorClusterId: { value: '224.0.0.1' },
        peers: [{ address: 'fd00::1', family: 6, asNumber: 64515 }],
      },
      {
        name: 'unit calico/3',
        title: 'unit 3',
        match: { units: [{ value: 'calico/3' }] },
        routeReflectorClusterId: { value: '224.0.0.2' },
        peers: [],
      },
      {
        name: 'subnet 10.0.0.0/24',
        title: 'subnet 10.0.0.0/24',
        match: { subnets: [{ value: network('10.0.0.0', 24) }] },
        asNumber: { value: 64512 },
        peers: [{ address: '10.0.0.1', family: 4, asNumber: 64512 }],
      },
      {
        name: 'subnet 10.0.1.0/24',
        title: 'subnet 10.0.1.0/24',
        match: { subnets: [{ value: network('10.0.1.0', 24) }] },
        asNumber: { value: 64513 },
        peers: [],
      },
    ]);
  });

  it('keeps the place of every value', () => {
    const { groups, bgp } = modelOf(rack);
    expect(
      groups.find(({ title }) => title === 'subnet 10.0.1.0/24')?.asNumber?.place,
    ).to.deep.equal({
      pointer: '/subnet-as-numbers/10.0.1.0~124',
      line: 4,
      column: 16,
      inside: { option: 'subnet-as-numbers', line: 2, column: 14 },
    });
    expect(groups[0]?.peers[0]?.place).to.deep.equal({
      pointer: '/unit-bgp-peers/0/0',
      line: 10,
      column: 22,
      inside: { option: 'unit-bgp-peers', line: 1, column: 5 },
    });
    expect(bgp.nodeToNodeMesh?.place).to.deep.equal({
      pointer: '/node-to-node-mesh',
      line: 13,
      column: 20,
    });
  });

  it('manages the named fields of Node, even when they are empty', () => {
    const none = { asNumber: false, routeReflectorClusterId: false };
    expect(modelOf('ipip: Never').managesNode).to.deep.equal(none);
    expect(modelOf('unit-as-numbers: ""').managesNode).to.deep.equal({ ...none, asNumber: true });
    expect(modelOf('subnet-as-numbers: {}').managesNode).to.deep.equal({ ...none, asNumber: true });
    expect(modelOf('route-reflector-cluster-ids:').managesNode).to.deep.equal({
      ...none,
      routeReflectorClusterId: true,
    });
  });

  it('leaves BGPConfiguration alone without its options', () => {
    expect(bare(modelOf('ipip: Never').bgp)).to.deep.equal({ peers: [] });
  });

  it('reads BGPConfiguration', () => {
    const text = `global-as-number: "64086.59904"
node-to-node-mesh: true
bgp-service-cluster-ips: 10.152.183.0/24  fd98::/108
bgp-service-external-ips: 192.0.2.7
bgp-service-loadbalancer-ips: ""
global-bgp-peers: '[{"address": "10.0.0.2", "as-number": 4200000001}]'`;
    expect(bare(modelOf(text).bgp)).to.deep.equal({
      asNumber: { value: 4_200_000_000 },
      nodeToNodeMesh: { value: true },
      peers: [{ address: '10.0.0.2', family: 4, asNumber: 4_200_000_001 }],
      serviceClusterIPs: {
        value: [
          { value: network('10.152.183.0', 24) },
          { value: { family: 6, address: 'fd98::', prefixLength: 108, cidr: 'fd98::/108' } },
        ],
      },
      serviceExternalIPs: { value: [{ value: network('192.0.2.7', 32) }] },
      serviceLoadBalancerIPs: { value: [] },
    });
  });

  it("makes the charm's pools", () => {
    const { pools, unknownPools } = modelOf(
      'cidr: 10.1.0.0/16,fd01::/64\nvxlan: Always\nmanage-pools: true',
    );
    expect(bare(pools)).to.deep.equal([
      {
        name: 'ipv4',
        network: network('10.1.0.0', 16),
        ipip: 'Never',
        vxlan: 'Always',
        natOutgoing: true,
      },
      {
        name: 'ipv6',
        network: { family: 6, address: 'fd01::', prefixLength: 64, cidr: 'fd01::/64' },
        ipip: 'Never',
        vxlan: 'Always',
        natOutgoing: true,
      },
    ]);
    expect(unknownPools).to.deep.equal({
      value: 'delete',
      place: { pointer: '/manage-pools', line: 3, column: 15 },
    });
    expect(pools?.[1]?.places).to.deep.equal({
      cidr: {
        pointer: '/cidr',
        line: 1,
        column: 19,
        inside: { option: 'cidr', line: 1, column: 13 },
      },
      vxlan: { pointer: '/vxlan', line: 2, column: 8 },
    });
  });

  for (const [name, text, pools, unknown] of [
    ['keeps other pools where manage-pools is absent', 'cidr: 10.1.0.0/16', 1, 'keep'],
    [
      'does not manage pools with manage-pools false',
      'cidr: 10.1.0.0/16\nmanage-pools: false',
      undefined,
      'keep',
    ],
    ['does not manage pools without cidr', 'node-to-node-mesh: true', undefined, 'keep'],
    ['puts IPIP on the IPv4 pool only', 'cidr: 10.1.0.0/16,fd01::/64\nipip: Always', 2, 'keep'],
  ] as const) {
    it(name, () => {
      const model = modelOf(text);
      expect(model.pools?.length).to.equal(pools);
      expect(model.unknownPools.value).to.equal(unknown);
      if (text.includes('ipip')) {
        expect(model.pools?.map(({ ipip }) => ipip)).to.deep.equal(['Always', 'Never']);
      }
    });
  }

  it('names the absent options once', () => {
    const { issues } = parseConfig('ipip: Never\ncidr: 10.0.0.0/16\nunit-as-numbers:\n');
    expect(issues.map(summary)).to.deep.equal(['note charm-options-absent  1:1']);
    expect(issues[0]?.message).to.equal(
      'not managed, because absent: manage-pools, global-as-number, node-to-node-mesh, subnet-as-numbers, route-reflector-cluster-ids; what they would set stays as it is in the cluster',
    );
  });
});

describe('an option that is null', () => {
  for (const [form, text] of [
    ['in YAML', 'global-as-number:\ncidr: 10.0.0.0/16'],
    ['as config-get prints it', '{"global-as-number": null, "cidr": "10.0.0.0/16"}'],
    ['in juju config', 'settings: {global-as-number: {value: null}, cidr: {value: 10.0.0.0/16}}'],
  ] as const) {
    it(`counts as absent, ${form}`, () => {
      const [note] = parseConfig(text).issues;
      expect(note?.code).to.equal('charm-options-absent');
      expect(note?.message).to.include('global-as-number').and.not.include('cidr');
    });
  }
});

describe('the charm dialect, forms', () => {
  const options = 'cidr: 10.1.0.0/16\nunit-as-numbers: |\n  0: 64512\n';
  const plain = modelOf(options);

  for (const [name, text, pointer, application] of [
    [
      'config-get',
      '{"cidr": "10.1.0.0/16", "unit-as-numbers": "0: 64512\\n", "veth-mtu": null}',
      '',
      'calico',
    ],
    [
      'juju config',
      'application: cni\napplication-config:\n  trust: {value: false}\ncharm: calico\nsettings:\n  cidr: {default: 192.168.0.0/16, source: user, type: string, value: 10.1.0.0/16}\n  unit-as-numbers:\n    value: |\n      0: 64512\n  veth-mtu: {source: unset, type: int}\n',
      '/settings',
      'cni',
    ],
    [
      "a bundle's options",
      'options:\n  cidr: 10.1.0.0/16\n  unit-as-numbers: {0: 64512}\n',
      '/options',
      'calico',
    ],
    [
      'a bundle, by name',
      'series: jammy\napplications:\n  calico: {charm: ./mine, options: {cidr: 10.1.0.0/16, unit-as-numbers: "{0: 64512}"}}\n  etcd: {charm: etcd, options: {channel: stable}}\n',
      '/applications/calico/options',
      'calico',
    ],
    [
      'a bundle, by charm',
      'applications:\n  cni: {charm: "ch:amd64/jammy/calico-87", options: {cidr: 10.1.0.0/16, unit-as-numbers: "{0: 64512}"}}\n',
      '/applications/cni/options',
      'cni',
    ],
    [
      'an old bundle',
      'services:\n  calico: {charm: "cs:~containers/calico-838", options: {cidr: 10.1.0.0/16, unit-as-numbers: "{0: 64512}"}}\n',
      '/services/calico/options',
      'calico',
    ],
  ] as const) {
    it(`reads ${name}`, () => {
      const model = modelOf(text);
      expect(bare(model.pools)).to.deep.equal(bare(plain.pools));
      expect(model.groups[0]?.asNumber?.value).to.equal(64512);
      const value = name === 'juju config' ? '/value' : '';
      expect(model.groups[0]?.asNumber?.place.pointer).to.equal(
        `${pointer}/unit-as-numbers${value}/0`,
      );
      expect(model.groups[0]?.match.units?.[0]?.value).to.equal(`${application}/0`);
      expect(model.unitApplication).to.equal(application);
    });
  }

  it('takes the named application', () => {
    const text =
      'application: cni\nsettings: {unit-as-numbers: {value: "{0: 64512, tigera/1: 64513}"}}';
    const parsed = parseConfig(text, { unitApplication: 'tigera' });
    if (!parsed.ok) throw new Error('refused');
    expect(parsed.model.groups.map(({ name }) => name)).to.deep.equal([
      'unit tigera/0',
      'unit tigera/1',
    ]);
  });

  it('keeps pointers into wrapped forms for issues too', () => {
    const text = 'settings:\n  ipip: {value: always}\n  cdir: {value: 10.0.0.0/8}\n';
    expect(parseConfig(text).issues.map(summary)).to.include.members([
      'error unknown-value /settings/ipip/value 2:17',
      'error unknown-key /settings/cdir 3:3',
    ]);
  });

  for (const [name, text, line, words] of [
    [
      'a bundle with two candidates',
      'applications:\n  calico: {charm: x}\n  c2: {charm: calico}',
      'error charm-application-ambiguous /applications/calico 2:3',
      'calico, c2',
    ],
    [
      'a bundle without calico',
      'applications:\n  etcd: {charm: etcd}',
      'error charm-application-missing /applications 2:3',
      '"calico"',
    ],
    [
      'a bundle of calico without options',
      'applications:\n  calico: {charm: calico}',
      'error charm-options-missing /applications/calico 2:3',
      'no options',
    ],
    ['settings that are a list', 'settings: []', 'error wrong-type /settings 1:11', 'a mapping'],
    ['options that are a text', 'options: x', 'error wrong-type /options 1:10', 'a mapping'],
    ['a list', '- ipip: Never', 'error unknown-document  1:1', 'not a mapping'],
    ['a text', 'hello', 'error unknown-document  1:1', 'not a mapping'],
    ['something else', 'weather: fine', 'error unknown-document  1:1', 'no network configuration'],
    ['an empty mapping', '{}', 'error unknown-document  1:1', 'no network configuration'],
    ['nothing', '', 'error yaml-empty  1:1', 'empty'],
    [
      'ten megabytes',
      'x'.repeat(10_000_000),
      'error too-large  undefined:undefined',
      '1048576 bytes',
    ],
    [
      'sections without a kind',
      'bgp: {}',
      'error unknown-document  1:1',
      'apiVersion and kind are missing',
    ],
    [
      'a kind without apiVersion',
      'kind: NetworkConfig',
      'error unknown-document  1:1',
      'apiVersion is missing',
    ],
    [
      'an apiVersion without kind',
      'apiVersion: calico-agent/v1',
      'error unknown-document  1:1',
      'kind is missing',
    ],
    [
      'another apiVersion',
      'kind: NetworkConfig\napiVersion: calico-agent/v2',
      'error unknown-document /apiVersion 2:13',
      'a NetworkConfig of calico-agent/v2',
    ],
    [
      'another kind',
      'kind: Network\napiVersion: calico-agent/v1',
      'error unknown-document /kind 1:7',
      'a Network of calico-agent/v1',
    ],
    [
      "one of Calico's own",
      'apiVersion: projectcalico.org/v3\nkind: BGPPeer',
      'error unknown-document /apiVersion 1:13',
      "Calico's own BGPPeer of projectcalico.org/v3",
    ],
  ] as const) {
    it(`refuses ${name}`, () => {
      const parsed = parseConfig(text);
      expect(parsed.ok).to.equal(false);
      expect(parsed.issues.map(summary)).to.deep.equal([line]);
      expect(parsed.issues[0]?.message).to.include(words);
    });
  }
});

function network(address: string, prefixLength: number): unknown {
  return { family: 4, address, prefixLength, cidr: `${address}/${prefixLength}` };
}
