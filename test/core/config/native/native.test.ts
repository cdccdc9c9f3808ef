import { expect } from 'chai';
import { bare, checkRow, modelOf, type Row } from '../reading-configs.ts';

const head = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\n';

/** Line numbers below count from the third line of the document. */
const rows: readonly Row[] = [
  // bgp
  [
    'a wrong type',
    'bgp: {nodeToNodeMesh: "on", listenPort: "179", peering: selector}',
    ['error wrong-type /bgp/nodeToNodeMesh 3:23', 'write true'],
    ['error wrong-type /bgp/listenPort 3:41', 'write 179 without quotes'],
    ['error unknown-value /bgp/peering 3:57', 'did you mean selectors?'],
  ],
  [
    'a port out of range',
    'bgp: {listenPort: 65536, peers: [{address: 10.0.0.1, asNumber: 64512, port: 0}]}',
    ['error out-of-range /bgp/listenPort 3:19', '65535 or less, but is 65536'],
    ['error out-of-range /bgp/peers/0/port 3:77', '1 or more'],
  ],
  [
    'unknown keys',
    'bpg: {}\nbgp: {asnumber: 64512}',
    ['error unknown-key /bpg 3:1', 'did you mean "bgp"?'],
    ['error unknown-key /bgp/asnumber 4:7', 'did you mean "asNumber"?'],
  ],
  [
    'a bare word as bgp',
    'bgp: yes',
    ['error wrong-type /bgp 3:6', 'a mapping, but is the text "yes"'],
  ],
  [
    'AS numbers',
    'bgp: {asNumber: 1.10, peers: [{address: 10.0.0.1, asNumber: 4294967295}, {address: 10.0.0.2, asNumber: }]}',
    ['error as-number-unquoted-dotted /bgp/asNumber 3:17', '65546'],
    ['error as-number-reserved /bgp/peers/0/asNumber 3:61', 'RFC 7300'],
    ['error wrong-type /bgp/peers/1/asNumber 3:94', 'but is empty'],
  ],
  [
    'service networks',
    'bgp: {serviceClusterIPs: [10.0.0.1/8, x, 10.0.0.0/8, 10.0.0.0/8]}',
    ['error service-cidr-host-bits /bgp/serviceClusterIPs/0 3:27', 'write 10.0.0.0/8'],
    ['error service-cidr-invalid /bgp/serviceClusterIPs/1 3:39', '"x"'],
    ['warning service-cidr-duplicate /bgp/serviceClusterIPs/3 3:54', 'twice'],
  ],
  [
    'peers on two ports',
    'bgp: {peers: [{address: 10.0.0.1, asNumber: 64512}, {address: 10.0.0.1, asNumber: 64513, port: 180}]}',
  ],
  [
    'the default port, once written',
    'bgp: {peers: [{address: 10.0.0.1, asNumber: 64512}, {address: 10.0.0.1, asNumber: 64513, port: 179}]}',
    ['error peer-as-number-conflict /bgp/peers/0 3:15', 'at line 3, column 53'],
    ['note peer-port-told /bgp/peers/0 3:15', 'at line 3, column 53'],
  ],
  [
    'labels of groups',
    'groups: [{name: a, match: {nodes: [a]}, label: "0123456789ab", asNumber: 64512}, {name: b, match: {nodes: [b]}, label: "0123456789ab", asNumber: 64512}, {name: c, match: {nodes: [c]}, label: rack, asNumber: 64512}]',
    ['error group-label-duplicate /groups/1/label 3:120', 'take one of them away'],
    ['error wrong-form /groups/2/label 3:192', '12 small hexadecimal digits'],
  ],
  [
    'no mesh and no peer',
    'bgp: {nodeToNodeMesh: false}',
    ['warning no-bgp-sessions /bgp/nodeToNodeMesh 3:23', 'no peer'],
  ],

  // pools
  [
    'pools without name or cidr',
    'pools: [{cidr: 10.0.0.0/16}, {name: a}]',
    ['error missing-key /pools/0 3:9', '"name" is missing in "pools" entry 1'],
    ['error missing-key /pools/1 3:30', '"cidr" is missing'],
  ],
  [
    'a bad name',
    'pools: [{name: My_Pool, cidr: 10.0.0.0/16}]',
    ['error wrong-form /pools/0/name 3:16', 'made of small letters, digits, "-" and "."'],
  ],
  [
    'two pools of one name',
    'pools: [{name: a, cidr: 10.0.0.0/16}, {name: a, cidr: 10.1.0.0/16}]',
    ['error pool-name-duplicate /pools/1 3:39', 'already at line 3, column 9'],
  ],
  [
    'pools that overlap',
    'pools: [{name: a, cidr: 10.0.0.0/16}, {name: b, cidr: 10.0.0.0/8}, {name: c, cidr: 10.200.0.0/16}]',
    [
      'error pool-overlap /pools/0/cidr 3:25',
      'overlaps pool "b" (10.0.0.0/8, at line 3, column 55)',
    ],
    ['error pool-overlap /pools/2/cidr 3:84', 'overlaps pool "b"'],
  ],
  ['pools of both families', 'pools: [{name: a, cidr: 0.0.0.0/1}, {name: b, cidr: "::/1"}]'],
  [
    'IPIP on IPv6',
    'pools: [{name: a, cidr: "fd00::/64", ipip: CrossSubnet}]',
    ['error pool-ipip-on-ipv6 /pools/0/ipip 3:44', 'IPv4 only'],
  ],
  [
    'both encapsulations',
    'pools: [{name: a, cidr: 10.0.0.0/16, ipip: Always, vxlan: Always}]',
    ['error pool-ipip-and-vxlan /pools/0/vxlan 3:59', 'set one of them to Never'],
  ],
  [
    'block sizes',
    'pools: [{name: a, cidr: 10.0.0.0/16, blockSize: 122}, {name: b, cidr: "fd00::/64", blockSize: 26}, {name: c, cidr: 10.1.0.0/24, blockSize: 22}, {name: d, cidr: 10.2.0.0/27}, {name: e, cidr: 10.3.0.0/28, blockSize: 28}]',
    ['error pool-block-size /pools/0/blockSize 3:49', '20 to 32 for IPv4'],
    ['error pool-block-size /pools/1/blockSize 3:95', '116 to 128 for IPv6'],
    ['error pool-too-small /pools/2/cidr 3:116', 'one block of /22'],
    ['error pool-too-small /pools/3/cidr 3:161', 'one block of /26'],
  ],
  [
    'a selector of a pool',
    'pools: [{name: a, cidr: 10.0.0.0/16, nodeSelector: "rack = \'a\'"}]',
    ['error selector-invalid /pools/0/nodeSelector 3:58 nodeSelector 1:6', 'write =='],
  ],
  [
    'deleting without pools',
    'unknownPools: delete',
    ['error unknown-pools-without-pools /unknownPools 3:15', 'name the pools'],
  ],
  [
    'deleting what is in use without pools',
    'unknownPools: delete-in-use',
    ['error unknown-pools-without-pools /unknownPools 3:15', 'name the pools'],
  ],
  [
    'an unknown policy',
    'unknownPools: Delete\npools: []',
    ['error unknown-value /unknownPools 3:15', 'did you mean delete?'],
  ],

  // groups
  [
    'two groups of one name',
    'groups: [{name: g, match: {units: [0]}, asNumber: 64512}, {name: g, match: {units: [1]}, asNumber: 64512}]',
    ['error group-name-duplicate /groups/1 3:59', 'already at line 3, column 10'],
  ],
  [
    'a group without match',
    'groups: [{name: g, asNumber: 64512}]',
    ['error missing-key /groups/0 3:10', '"match" is missing'],
  ],
  [
    'a match of nothing',
    'groups: [{name: g, match: {}, asNumber: 64512}]',
    ['error match-empty /groups/0/match 3:27', 'selector: all() is every node'],
  ],
  [
    'empty lists',
    'groups: [{name: g, match: {units: [], nodes: []}, asNumber: 64512}]',
    ['error match-empty /groups/0/match/units 3:35', 'matches no node'],
    ['error match-empty /groups/0/match/nodes 3:46', 'take nodes away'],
  ],
  [
    'an empty selector',
    'groups: [{name: g, match: {selector: ""}, asNumber: 64512}]',
    ['error selector-empty /groups/0/match/selector 3:38', 'write all()'],
  ],
  [
    'a bad selector',
    'groups: [{name: g, match: {selector: "has(rack"}, asNumber: 64512}]',
    ['error selector-invalid /groups/0/match/selector 3:39 selector 1:1', 'has(…) needs one label'],
  ],
  [
    'an unknown kind of match',
    'groups: [{name: g, match: {subnet: [10.0.0.0/8]}, asNumber: 64512}]',
    ['error unknown-key /groups/0/match/subnet 3:28', 'did you mean "subnets"?'],
  ],
  [
    'bad entries',
    'groups: [{name: g, match: {units: [first, -1, 1.5], nodes: [7, ""], subnets: [x, 10.0.0.7/24]}, asNumber: 64512}]',
    ['error unit-invalid /groups/0/match/units/0 3:36', 'write 0 or calico/0'],
    ['error unit-invalid /groups/0/match/units/1 3:43', '"-1"'],
    ['error unit-invalid /groups/0/match/units/2 3:47', '"1.5"'],
    ['error wrong-type /groups/0/match/nodes/0 3:61', 'write "7" in quotes'],
    ['error too-short /groups/0/match/nodes/1 3:64', 'filled in'],
    ['error subnet-invalid /groups/0/match/subnets/0 3:79', '"x" is not a network'],
    ['warning subnet-host-bits /groups/0/match/subnets/1 3:82', '10.0.0.0/24'],
  ],
  [
    'a group that sets nothing',
    'groups: [{name: g, match: {units: [0]}}]',
    ['warning group-empty /groups/0 3:10', 'sets nothing'],
  ],
  [
    'a cluster ID',
    'groups: [{name: g, match: {units: [0]}, routeReflectorClusterId: 1}, {name: h, match: {units: [1]}, routeReflectorClusterId: 0.0.0.0}]',
    [
      'error cluster-id-invalid /groups/0/routeReflectorClusterId 3:66',
      'the form of an IPv4 address',
    ],
    ['warning cluster-id-unset /groups/1/routeReflectorClusterId 3:126', 'BIRD'],
  ],
  [
    'one unit with two AS numbers',
    'groups: [{name: g, match: {units: [0]}, asNumber: 64512}, {name: h, match: {units: [calico/0]}, asNumber: 64513}]',
    [
      'error as-number-conflict /groups/1/asNumber 3:107',
      'unit calico/0 gets the AS number 64513 here, and 64512 at line 3, column 51',
    ],
  ],
  [
    'one node with two cluster IDs',
    'groups: [{name: g, match: {nodes: [n]}, routeReflectorClusterId: 1.1.1.1}, {name: h, match: {nodes: [n]}, routeReflectorClusterId: 1.1.1.2}]',
    [
      'error cluster-id-conflict /groups/1/routeReflectorClusterId 3:132',
      'node n gets the cluster ID 1.1.1.2',
    ],
  ],
  [
    'one subnet that differs by unit',
    'groups: [{name: g, match: {units: [0], subnets: [10.0.0.0/24]}, asNumber: 64512}, {name: h, match: {units: [1], subnets: [10.0.0.0/24]}, asNumber: 64513}]\nbgp: {asNumber: 64512}',
  ],
  [
    'one unit that differs by subnet',
    'groups: [{name: g, match: {units: [0], subnets: [10.0.0.0/24]}, asNumber: 64512}, {name: h, match: {units: [0], subnets: [10.0.1.0/24]}, asNumber: 64513}]\nbgp: {asNumber: 64512}',
  ],
  [
    'a global peer with another number in a group',
    'bgp: {peers: [{address: 10.0.0.1, asNumber: 64512}]}\ngroups: [{name: g, match: {selector: all()}, peers: [{address: 10.0.0.1, asNumber: 64513}]}]',
    [
      'error peer-as-number-conflict /groups/0/peers/0 4:54',
      '64512 at line 3, column 15 (every node)',
    ],
  ],
  [
    'a peer with two numbers by label',
    'groups: [{name: g, match: {selector: has(a)}, peers: [{address: 10.0.0.1, asNumber: 64512}]}, {name: h, match: {selector: has(b)}, peers: [{address: 10.0.0.1, asNumber: 64513}]}]',
  ],
  [
    'a peer twice in a group',
    'groups: [{name: g, match: {selector: has(a)}, peers: [{address: "fd00::1", asNumber: 64512}, {address: "FD00:0::1", asNumber: 64512}]}]',
    ['warning peer-duplicate /groups/0/peers/1 3:94', 'peer fd00::1 is in the list twice'],
  ],
  [
    "a peer twice, once with BGP's own port",
    'bgp: {peers: [{address: 10.0.0.1, port: 179, asNumber: 64512}, {address: 10.0.0.1, asNumber: 64512}]}',
    ['warning peer-duplicate /bgp/peers/1 3:64', 'peer 10.0.0.1 is in the list twice'],
    ['note peer-port-told /bgp/peers/1 3:64', 'at line 3, column 15'],
  ],
  [
    "a peer whose port, BGP's own, is said in one place only",
    'bgp: {peers: [{address: 10.0.0.1, asNumber: 64512}]}\ngroups: [{name: g, match: {nodes: [a]}, peers: [{address: 10.0.0.1, port: 179, asNumber: 64512}]}]',
    [
      'note peer-port-told /bgp/peers/0 3:15',
      'peer 10.0.0.1 gets port 179 here too, because another entry for this address has it at line 4, column',
    ],
  ],
  [
    'a mesh with mixed AS numbers',
    'bgp: {nodeToNodeMesh: true}\ngroups: [{name: g, match: {units: [0]}, asNumber: 64512}, {name: h, match: {units: [1]}, asNumber: 64513}]',
    [
      'warning mesh-mixed-as-numbers /groups/1/asNumber 4:100',
      'the mesh is on (at line 3, column 23)',
    ],
  ],
];

describe('the native dialect, bad input', () => {
  for (const [name, text, ...issues] of rows) {
    it(`judges ${name}`, () => {
      checkRow([name, head + text, ...issues]);
    });
  }
});

describe('the native dialect, model', () => {
  const text = `${head}metadata: {name: prod}
unitApplication: cni
bgp:
  asNumber: 64512
  nodeToNodeMesh: false
  listenPort: 1179
  peering: per-node
  peers: [{address: "FD00::1", asNumber: "64513", port: 180}]
  serviceExternalIPs: []
pools:
  - {name: main, cidr: 10.1.0.0/16, vxlan: CrossSubnet, natOutgoing: true, blockSize: 24, nodeSelector: has(rack), disabled: true, assignmentMode: Manual}
  - {name: six, cidr: "fd00::/64"}
unknownPools: delete
groups:
  - name: Rack 0
    match: {subnets: [10.0.0.7/24], units: [0, "1", worker/2], nodes: [Node-A], selector: rack == 'r0'}
    asNumber: 64514
    routeReflectorClusterId: 224.0.0.1
    peers: [{address: 10.0.0.1, asNumber: 64513}]
`;

  it('has everything that the document has', () => {
    const model = modelOf(text);
    expect(bare({ ...model, digest: '' })).to.deep.equal({
      dialect: 'native',
      digest: '',
      unitApplication: 'cni',
      bgp: {
        asNumber: { value: 64512 },
        nodeToNodeMesh: { value: false },
        listenPort: { value: 1179 },
        peering: { value: 'per-node' },
        peers: [{ address: 'fd00::1', family: 6, asNumber: 64513, port: 180 }],
        serviceExternalIPs: { value: [] },
      },
      pools: [
        {
          name: 'main',
          network: { family: 4, address: '10.1.0.0', prefixLength: 16, cidr: '10.1.0.0/16' },
          ipip: 'Never',
          vxlan: 'CrossSubnet',
          natOutgoing: true,
          blockSize: 24,
          nodeSelector: 'has(rack)',
          disabled: true,
          assignmentMode: 'Manual',
        },
        {
          name: 'six',
          network: { family: 6, address: 'fd00::', prefixLength: 64, cidr: 'fd00::/64' },
          ipip: 'Never',
          vxlan: 'Never',
          natOutgoing: false,
        },
      ],
      unknownPools: { value: 'delete' },
      groups: [
        {
          name: 'Rack 0',
          title: 'group Rack 0',
          match: {
            subnets: [
              { value: { family: 4, address: '10.0.0.0', prefixLength: 24, cidr: '10.0.0.0/24' } },
            ],
            units: [{ value: 'cni/0' }, { value: 'cni/1' }, { value: 'worker/2' }],
            nodes: [{ value: 'node-a' }],
            selector: { value: { text: "rack == 'r0'" } },
          },
          asNumber: { value: 64514 },
          routeReflectorClusterId: { value: '224.0.0.1' },
          peers: [{ address: '10.0.0.1', family: 4, asNumber: 64513 }],
        },
      ],
      managesNode: { asNumber: true, routeReflectorClusterId: true },
    });
    expect(model.groups[0]?.match.selector?.value.matches({ rack: 'r0' })).to.equal(true);
  });

  it('keeps the places', () => {
    const { groups, pools } = modelOf(text);
    expect(groups[0]?.match.units?.[2]?.place).to.deep.equal({
      pointer: '/groups/0/match/units/2',
      line: 18,
      column: 53,
    });
    expect(Object.keys(pools?.[0]?.places ?? {})).to.have.lengthOf(8);
    expect(pools?.[1]?.places).to.deep.equal({
      name: { pointer: '/pools/1/name', line: 14, column: 12 },
      cidr: { pointer: '/pools/1/cidr', line: 14, column: 23 },
    });
  });

  it('manages nothing when the document is empty', () => {
    expect(bare({ ...modelOf(head), digest: '' })).to.deep.equal({
      dialect: 'native',
      digest: '',
      unitApplication: 'calico',
      bgp: { peers: [] },
      unknownPools: { value: 'keep' },
      groups: [],
      managesNode: { asNumber: false, routeReflectorClusterId: false },
    });
  });

  it('manages Node when there are groups, even empty ones', () => {
    expect(modelOf(`${head}groups: []`).managesNode).to.deep.equal({
      asNumber: true,
      routeReflectorClusterId: true,
    });
  });
});
