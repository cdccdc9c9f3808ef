import { checkRow, type Row } from '../reading-configs.ts';

const rows: readonly Row[] = [
  // Every option: wrong type.
  [
    'ipip of another kind',
    'ipip: 5',
    ['error unknown-value /ipip 1:7', 'one of Always, CrossSubnet, Never, but is 5'],
  ],
  [
    'ipip in small letters',
    'ipip: always',
    ['error unknown-value /ipip 1:7', 'did you mean Always?'],
  ],
  [
    'vxlan that is misspelt',
    'vxlan: CrossSubnets',
    ['error unknown-value /vxlan 1:8', 'did you mean CrossSubnet?'],
  ],
  [
    'nat-outgoing as a text that Juju does not take for a boolean',
    'nat-outgoing: "yes"',
    ['error wrong-type /nat-outgoing 1:15', 'write true, in small letters and without quotes'],
  ],
  ['cidr as a number', 'cidr: 10', ['error wrong-type /cidr 1:7', 'a text, but is 10']],
  [
    'cidr as a list',
    'cidr: [10.0.0.0/16]',
    ['error wrong-type /cidr 1:7', 'a text, but is a list'],
  ],
  [
    'manage-pools as a word',
    'manage-pools: sometimes',
    ['error wrong-type /manage-pools 1:15', 'true or false'],
  ],
  [
    'node-to-node-mesh as a number',
    'node-to-node-mesh: 0',
    ['error wrong-type /node-to-node-mesh 1:20', 'true or false, but is 0'],
  ],
  [
    'node-to-node-mesh as Python writes it',
    'node-to-node-mesh: "False"',
    ['warning no-bgp-sessions /node-to-node-mesh 1:20', 'the node-to-node mesh is off'],
  ],
  [
    'global-as-number as a list',
    'global-as-number: []',
    ['error wrong-type /global-as-number 1:19', 'a whole number or a text, but is a list'],
  ],
  [
    'subnet-as-numbers as a list',
    'subnet-as-numbers: []',
    ['error wrong-type /subnet-as-numbers 1:20', 'a mapping, but is a list'],
  ],
  [
    'unit-as-numbers as a number',
    'unit-as-numbers: 64512',
    ['error wrong-type /unit-as-numbers 1:18', 'a mapping, but is 64512'],
  ],
  [
    'unit-as-numbers as a word',
    'unit-as-numbers: none',
    [
      'error wrong-type /unit-as-numbers 1:18 unit-as-numbers 1:1',
      'a mapping, but is the text "none"',
    ],
  ],
  [
    'global-bgp-peers as a mapping',
    'global-bgp-peers: {}',
    ['error wrong-type /global-bgp-peers 1:19', 'a list, but is a mapping'],
  ],
  [
    'subnet-bgp-peers without lists',
    'subnet-bgp-peers: {10.0.0.0/24: 64512}',
    [
      'error wrong-type /subnet-bgp-peers/10.0.0.0~124 1:33',
      '"10.0.0.0/24" must be a list, but is 64512',
    ],
  ],
  [
    'unit-bgp-peers as a list',
    'unit-bgp-peers: []',
    ['error wrong-type /unit-bgp-peers 1:17', 'a mapping'],
  ],
  [
    'route-reflector-cluster-ids as a list',
    'route-reflector-cluster-ids: []',
    ['error wrong-type /route-reflector-cluster-ids 1:30', 'a mapping'],
  ],
  [
    'bgp-service-cluster-ips as a list',
    'bgp-service-cluster-ips: []',
    ['error wrong-type /bgp-service-cluster-ips 1:26', 'a text'],
  ],
  [
    'bgp-service-external-ips as a number',
    'bgp-service-external-ips: 1',
    ['error wrong-type /bgp-service-external-ips 1:27', 'write "1" in quotes'],
  ],
  [
    'bgp-service-loadbalancer-ips as a boolean',
    'bgp-service-loadbalancer-ips: true',
    ['error wrong-type /bgp-service-loadbalancer-ips 1:31', 'a text, but is true'],
  ],
  [
    'veth-mtu as a text',
    'veth-mtu: "1450"',
    ['note charm-option-not-ours /veth-mtu 1:11', 'the calico charm acts on it'],
  ],
  [
    'a veth-mtu that is too small',
    'veth-mtu: 68',
    ['warning charm-option-not-ours /veth-mtu 1:11', '576 or more, but is 68; the calico charm'],
  ],
  [
    'ignore-loose-rpf as a number',
    'ignore-loose-rpf: 1',
    ['warning charm-option-not-ours /ignore-loose-rpf 1:19', 'true or false'],
  ],
  [
    'image options of another kind',
    'image-registry: 1\nrelease: 1.10',
    ['warning charm-option-not-ours /image-registry 1:17', 'a text'],
    ['warning charm-option-not-ours /release 2:10', 'write "1.10" in quotes'],
  ],

  // Unknown names.
  [
    'an unknown option',
    'nat_outgoing: true',
    ['error unknown-key /nat_outgoing 1:1', 'did you mean "nat-outgoing"?'],
  ],
  [
    'an option of nothing known',
    'ipip: Never\ncolour: red',
    ['error unknown-key /colour 2:1', 'known here: ipip, vxlan'],
  ],
  [
    'an unknown key of a peer',
    'global-bgp-peers: [{address: 10.0.0.1, as-nubmer: 64512}]',
    ['error missing-key /global-bgp-peers/0 1:20', '"as-number" is missing'],
    ['error unknown-key /global-bgp-peers/0/as-nubmer 1:40', 'did you mean "as-number"?'],
  ],
  [
    'a key of the native dialect',
    'global-bgp-peers: [{address: 10.0.0.1, as-number: 64512, port: 180}]',
    ['error unknown-key /global-bgp-peers/0/port 1:58', 'known here: address, as-number'],
  ],

  // AS numbers, in each option that has them.
  [
    'a reserved global AS number',
    'global-as-number: 0',
    ['error as-number-reserved /global-as-number 1:19', 'RFC 7607'],
  ],
  [
    'AS_TRANS',
    'unit-as-numbers: {0: 23456}',
    ['error as-number-reserved /unit-as-numbers/0 1:22', 'RFC 6793'],
  ],
  [
    '65535 in a string',
    'unit-as-numbers: "{0: 65535}"',
    ['error as-number-reserved /unit-as-numbers/0 1:23 unit-as-numbers 1:5', 'RFC 7300'],
  ],
  [
    'the last number in a block',
    'subnet-as-numbers: |\n  10.0.0.0/24: 64512\n  10.0.1.0/24: 4294967295\n',
    [
      'error as-number-reserved /subnet-as-numbers/10.0.1.0~124 3:16 subnet-as-numbers 2:14',
      'RFC 7300',
    ],
  ],
  [
    '33 bits',
    'global-bgp-peers: [{address: 10.0.0.1, as-number: 4294967296}]',
    ['error as-number-out-of-range /global-bgp-peers/0/as-number 1:51', '1 to 4294967294'],
  ],
  [
    'a negative one',
    'unit-bgp-peers: {0: [{address: 10.0.0.1, as-number: -5}]}',
    ['error as-number-out-of-range /unit-bgp-peers/0/0/as-number 1:53', '"-5"'],
  ],
  [
    'a fraction',
    'global-as-number: 64512.5',
    ['error as-number-unquoted-dotted /global-as-number 1:19', 'AS number 4227858437'],
  ],
  [
    'a word',
    'subnet-bgp-peers: {10.0.0.0/24: [{address: 10.0.0.1, as-number: abc}]}',
    ['error as-number-invalid /subnet-bgp-peers/10.0.0.0~124/0/as-number 1:65', '"abc"'],
  ],
  [
    'a dotted one without quotes',
    'global-as-number: 1.10',
    ['error as-number-unquoted-dotted /global-as-number 1:19', 'write "1.10" in quotes'],
  ],
  [
    'a public one, said once',
    'global-as-number: 13335\nunit-as-numbers: {0: 13335, 1: 13335}',
    ['warning as-number-public /global-as-number 1:19', 'assigned to you (also at 2 more places)'],
  ],
  [
    'a documentation one',
    'global-as-number: 64500',
    ['warning as-number-documentation /global-as-number 1:19', 'RFC 5398'],
  ],
  [
    'true as a number',
    'unit-as-numbers: {0: true}',
    ['error as-number-invalid /unit-as-numbers/0 1:22', '"true"'],
  ],

  // Units and subnets.
  [
    'a word as unit',
    'unit-as-numbers: {first: 64512}',
    ['error unit-invalid /unit-as-numbers/first 1:19', 'write 0 or calico/0'],
  ],
  [
    'a unit of another application',
    'unit-as-numbers: {worker/0: 64512}',
    ['error unit-invalid /unit-as-numbers/worker~10 1:19', 'not a unit of the application calico'],
  ],
  [
    'a unit with a leading zero',
    'unit-as-numbers: {01: 64512}',
    ['error unit-invalid /unit-as-numbers/01 1:19', '"01" is not a unit'],
  ],
  [
    'a unit under two names',
    'unit-as-numbers: {0: 64512, calico/0: 64513}',
    ['error unit-duplicate /unit-as-numbers/calico~10 1:29', 'says something else'],
  ],
  [
    'a unit under two names that agree',
    'unit-as-numbers: {0: 64512, calico/0: 64512}\nglobal-as-number: 64512',
    [
      'warning unit-duplicate /unit-as-numbers/calico~10 1:29',
      'the same unit calico/0 as "0" at line 1, column 19',
    ],
  ],
  [
    'host bits',
    'subnet-as-numbers: {10.0.0.5/24: 64512}\nglobal-as-number: 64512',
    ['warning subnet-host-bits /subnet-as-numbers/10.0.0.5~124 1:21', 'taken as 10.0.0.0/24'],
  ],
  [
    'host bits, twice the same',
    'subnet-as-numbers: {10.0.0.5/24: 64512, 10.0.0.0/24: 64512}\nglobal-as-number: 64512',
    ['warning subnet-host-bits /subnet-as-numbers/10.0.0.5~124 1:21', ''],
    [
      'warning subnet-duplicate /subnet-as-numbers/10.0.0.0~124 1:41',
      'same subnet 10.0.0.0/24 as "10.0.0.5/24"',
    ],
  ],
  [
    'host bits, twice and different',
    'subnet-as-numbers: {10.0.0.5/24: 64512, 10.0.0.0/24: 64513}',
    ['warning subnet-host-bits /subnet-as-numbers/10.0.0.5~124 1:21', ''],
    [
      'error subnet-duplicate /subnet-as-numbers/10.0.0.0~124 1:41',
      'at line 1, column 21, and says something else',
    ],
  ],
  [
    'a subnet that is none',
    'subnet-as-numbers: {rack-0: 64512}',
    ['error subnet-invalid /subnet-as-numbers/rack-0 1:21', 'not a network'],
  ],
  [
    'a subnet without length',
    'subnet-as-numbers: {10.0.0.0: 64512}',
    ['error subnet-invalid /subnet-as-numbers/10.0.0.0 1:21', 'write 10.0.0.0/32'],
  ],
  [
    'a subnet with bad digits',
    'subnet-bgp-peers: {10.0.0.300/24: []}',
    ['error subnet-invalid /subnet-bgp-peers/10.0.0.300~124 1:20', 'not an IPv4 or IPv6 address'],
  ],
  [
    'subnets within each other',
    'subnet-as-numbers: {10.0.0.0/8: 64512, 10.1.0.0/16: 64513, 10.2.0.0/16: 64514}\nglobal-as-number: 64512',
    [
      'note subnet-overlap /subnet-as-numbers/10.1.0.0~116 1:53',
      '10.1.0.0/16 (AS number 64513) lies within 10.0.0.0/8 (AS number 64512), as do 1 more',
    ],
  ],
  [
    'subnets within each other that agree',
    'subnet-as-numbers: {10.0.0.0/8: 64512, 10.1.0.0/16: 64512}\nglobal-as-number: 64512',
  ],
  [
    'an IPv6 subnet within another',
    'subnet-as-numbers: {"fd00::/48": 64512, "fd00:0:0:1::/64": 64513}\nglobal-as-number: 64512',
    ['note subnet-overlap /subnet-as-numbers/fd00:0:0:1::~164 1:60', 'the longest subnet wins'],
  ],

  // Peers.
  [
    'a peer that is no address',
    'global-bgp-peers: [{address: router, as-number: 64512}]',
    ['error peer-address-invalid /global-bgp-peers/0/address 1:30', 'not an IPv4 or IPv6 address'],
  ],
  [
    'a peer with bad digits',
    'global-bgp-peers: [{address: 10.0.1.300, as-number: 64512}]',
    ['error peer-address-invalid /global-bgp-peers/0/address 1:30', '10.0.1.300'],
  ],
  [
    'a peer with a length',
    'global-bgp-peers: [{address: 10.0.0.1/24, as-number: 64512}]',
    ['error peer-address-invalid /global-bgp-peers/0/address 1:30', 'write 10.0.0.1, without /24'],
  ],
  [
    'a peer with a port',
    'global-bgp-peers: [{address: "[fd00::1]:180", as-number: 64512}]',
    ['error peer-address-invalid /global-bgp-peers/0/address 1:30', 'port: 180'],
  ],
  [
    'an unspecified peer',
    'global-bgp-peers: [{address: 0.0.0.0, as-number: 64512}]',
    ['error peer-address-unusable /global-bgp-peers/0/address 1:30', 'unspecified'],
  ],
  [
    'a loopback peer',
    'unit-bgp-peers: {0: [{address: 127.0.0.1, as-number: 64512}]}',
    ['error peer-address-unusable /unit-bgp-peers/0/0/address 1:32', 'loopback'],
  ],
  [
    'a multicast peer',
    'unit-bgp-peers: {0: [{address: 224.0.0.5, as-number: 64512}]}',
    ['error peer-address-unusable /unit-bgp-peers/0/0/address 1:32', 'multicast'],
  ],
  [
    'a link-local IPv6 peer',
    'global-bgp-peers: [{address: "fe80::1", as-number: 64512}]',
    ['error peer-address-unusable /global-bgp-peers/0/address 1:30', 'link-local'],
  ],
  [
    'an unspecified IPv6 peer',
    'global-bgp-peers: [{address: "::", as-number: 64512}]',
    ['error peer-address-unusable /global-bgp-peers/0/address 1:30', 'unspecified'],
  ],
  [
    'a peer without address',
    'global-bgp-peers: [{as-number: 64512}]',
    [
      'error missing-key /global-bgp-peers/0 1:20',
      '"address" is missing in "global-bgp-peers" entry 1',
    ],
  ],
  [
    'a peer twice',
    'global-bgp-peers: [{address: 10.0.0.1, as-number: 64512}, {address: 10.0.0.1, as-number: 64512}]',
    ['warning peer-duplicate /global-bgp-peers/1 1:59', 'already at line 1, column 20'],
  ],
  [
    'a peer with two numbers',
    'global-bgp-peers: [{address: 10.0.0.1, as-number: 64512}, {address: 10.0.0.1, as-number: 64513}]',
    [
      'error peer-as-number-conflict /global-bgp-peers/0 1:20',
      '64513 at line 1, column 59 (every node)',
    ],
  ],
  [
    'a global peer with another number on a unit',
    'global-bgp-peers: [{address: 10.0.0.1, as-number: 64512}]\nunit-bgp-peers: {0: [{address: 10.0.0.1, as-number: 64513}]}',
    [
      'error peer-as-number-conflict /unit-bgp-peers/0/0 2:22',
      '64512 at line 1, column 20 (every node)',
    ],
  ],
  [
    'a peer with another number in an inner subnet',
    'subnet-bgp-peers: |\n  10.0.0.0/16: [{address: 10.9.0.1, as-number: 64512}]\n  10.0.1.0/24: [{address: 10.9.0.1, as-number: 64513}]\n',
    [
      'error peer-as-number-conflict /subnet-bgp-peers/10.0.1.0~124/0 3:17 subnet-bgp-peers 2:15',
      '64512 in subnet-bgp-peers at line 1, column 15 (subnet 10.0.0.0/16)',
    ],
  ],
  [
    'a peer with another number in another subnet',
    'subnet-bgp-peers: {10.0.0.0/24: [{address: 10.9.0.1, as-number: 64512}], 10.0.1.0/24: [{address: 10.9.0.1, as-number: 64513}]}',
  ],

  // Cluster IDs.
  [
    'a cluster ID that is a number',
    'route-reflector-cluster-ids: {0: 1}',
    ['error cluster-id-invalid /route-reflector-cluster-ids/0 1:34', 'the form of an IPv4 address'],
  ],
  [
    'a cluster ID of IPv6',
    'route-reflector-cluster-ids: {0: "::1"}',
    ['error cluster-id-invalid /route-reflector-cluster-ids/0 1:34', '224.0.0.1'],
  ],
  [
    'the cluster ID of the documentation',
    'route-reflector-cluster-ids: {0: 0.0.0.0}',
    ['warning cluster-id-unset /route-reflector-cluster-ids/0 1:34', 'means "not set" to BIRD'],
  ],

  // Pools.
  [
    'both encapsulations',
    'cidr: 10.0.0.0/16\nipip: Always\nvxlan: CrossSubnet',
    ['error pool-ipip-and-vxlan /vxlan 3:8', 'exclude each other'],
  ],
  [
    'encapsulation without a pool',
    'ipip: Always\nvxlan: Never\nnat-outgoing: false',
    ['warning pool-option-without-cidr /ipip 1:7', "give the pool's cidr"],
    ['warning pool-option-without-cidr /nat-outgoing 3:15', ''],
  ],
  ['encapsulation where pools are not managed', 'ipip: Always\nmanage-pools: false'],
  [
    'managed pools without a pool',
    'manage-pools: true',
    ['error manage-pools-without-cidr /manage-pools 1:15', 'otherwise every pool would go'],
  ],
  [
    'managed pools with an empty pool',
    'manage-pools: true\ncidr: ""',
    ['error manage-pools-without-cidr /manage-pools 1:15', ''],
  ],
  [
    'IPIP on IPv6 beside IPv4',
    'cidr: 10.0.0.0/16,fd00::/64\nipip: Always',
    ['warning pool-ipip-on-ipv6 /ipip 2:7', 'IPv4 only: the IPv6 pool goes without'],
  ],
  [
    'IPIP on IPv6 alone',
    'cidr: fd00::/64\nipip: Always',
    ['error pool-ipip-on-ipv6 /ipip 2:7', 'for IPv4 only'],
  ],
  [
    'a pool with host bits',
    'cidr: 10.250.0.1/16',
    ['error pool-cidr-host-bits /cidr 1:7 cidr 1:1', 'write 10.250.0.0/16'],
  ],
  [
    'a second pool that is bad',
    'cidr: 10.250.0.0/16, fd00::1/64',
    ['error pool-cidr-host-bits /cidr 1:22 cidr 1:16', 'write fd00::/64'],
  ],
  [
    'two pools of a family',
    'cidr: 10.250.0.0/16,10.251.0.0/16',
    ['error pool-family-twice /cidr 1:21 cidr 1:15', 'second IPv4 network'],
  ],
  [
    'a link-local pool',
    'cidr: 169.254.0.0/16',
    ['error pool-cidr-unusable /cidr 1:7 cidr 1:1', 'link-local'],
  ],
  [
    'a pool below a block',
    'cidr: 10.250.0.0/27',
    ['error pool-too-small /cidr 1:7 cidr 1:1', 'one block of /26'],
  ],
  [
    'an IPv6 pool below a block',
    'cidr: fd00::/123',
    ['error pool-too-small /cidr 1:7 cidr 1:1', 'one block of /122'],
  ],
  [
    'a pool that is none',
    'cidr: default',
    ['error pool-cidr-invalid /cidr 1:7 cidr 1:1', 'not a network'],
  ],
  [
    'a pool of everything',
    'cidr: 0.0.0.0/0',
    ['error pool-cidr-unusable /cidr 1:7 cidr 1:1', 'every address there is'],
  ],

  // Services.
  [
    'a service network with host bits',
    'bgp-service-cluster-ips: 10.152.183.0/24 10.1.0.5/16',
    [
      'error service-cidr-host-bits /bgp-service-cluster-ips 1:42 bgp-service-cluster-ips 1:17',
      'write 10.1.0.0/16',
    ],
  ],
  [
    'a service network that is none, in a block',
    'bgp-service-external-ips: |\n  10.0.0.0/24\n  x 10.0.1.0/24\n',
    [
      'error service-cidr-invalid /bgp-service-external-ips 3:3 bgp-service-external-ips 2:1',
      '"x" is not a network',
    ],
  ],
  [
    'service networks with commas',
    'bgp-service-external-ips: 10.0.0.0/24,10.0.1.0/24',
    [
      'error service-cidr-invalid /bgp-service-external-ips 1:27 bgp-service-external-ips 1:1',
      'separate them by spaces',
    ],
  ],
  [
    'a unit with a fault',
    'unit-bgp-peers: {3: [], 4: {}}',
    ['error wrong-type /unit-bgp-peers/4 1:28', '"4" must be a list'],
  ],
  [
    'a service network twice',
    'bgp-service-loadbalancer-ips: 10.0.0.0/24 10.0.0.0/24',
    [
      'warning service-cidr-duplicate /bgp-service-loadbalancer-ips 1:43 bgp-service-loadbalancer-ips 1:13',
      'already in bgp-service-loadbalancer-ips at line 1, column 1',
    ],
  ],

  // The mesh.
  [
    'no mesh and no peer',
    'node-to-node-mesh: false',
    [
      'warning no-bgp-sessions /node-to-node-mesh 1:20',
      'only BGPPeers that are not in this configuration',
    ],
  ],
  [
    'a mesh with mixed AS numbers',
    'node-to-node-mesh: true\nglobal-as-number: 64512\nunit-as-numbers: {0: 64513}',
    ['warning mesh-mixed-as-numbers /unit-as-numbers/0 3:22', '64512 and 64513'],
  ],
  [
    'a mesh with one AS number',
    'node-to-node-mesh: true\nglobal-as-number: 64512\nunit-as-numbers: {0: 64512}',
  ],

  [
    'AS numbers of some nodes only, and a mesh by default',
    'unit-as-numbers: {0: 64512}',
    [
      'warning mesh-mixed-as-numbers /unit-as-numbers/0 1:22',
      'set global-as-number, so that every node gets an explicit AS number, or switch the mesh off',
    ],
  ],
  [
    'AS numbers of some nodes only, without a mesh',
    'unit-as-numbers: {0: 64512}\nnode-to-node-mesh: false\nglobal-bgp-peers: [{address: 10.0.0.1, as-number: 64512}]',
  ],

  // YAML in strings.
  [
    'broken YAML in a block',
    'unit-as-numbers: |\n  0: 64512\n  1: [a\n  2: 3\n',
    ['error yaml-syntax /unit-as-numbers 3:6 unit-as-numbers 2:4', 'broken YAML'],
  ],
  [
    'broken YAML in a JSON string',
    '{"unit-as-numbers": "0: 64512\\n1: [a\\n"}',
    ['error yaml-syntax /unit-as-numbers 1:35 unit-as-numbers 2:4', 'broken YAML'],
  ],
  [
    'a duplicate key in a string',
    'unit-as-numbers: |\n  0: 64512\n  0: 64513\n',
    [
      'error yaml-duplicate-key /unit-as-numbers/0 3:3 unit-as-numbers 2:1',
      'already in unit-as-numbers at line 1, column 1',
    ],
  ],
  [
    'a tab in a string',
    'unit-as-numbers: "0:\\n\\t1: 2"',
    ['error yaml-tab /unit-as-numbers 1:22 unit-as-numbers 2:1', 'spaces, not with tabs'],
  ],
  [
    'deep nesting in a string',
    `unit-as-numbers: "${'['.repeat(1000)}"`,
    ['error yaml-too-deep /unit-as-numbers 1:83 unit-as-numbers 1:65', '64 levels'],
  ],
  [
    'an anchor bomb in a string',
    `unit-as-numbers: |\n${bomb('  ')}`,
    [
      'error yaml-aliases /unit-as-numbers/a5/5/9/9/4/0/0 2:12 unit-as-numbers 1:10',
      'more than 150000',
    ],
  ],

  // Options for other programs.
  [
    'defaults of the charm',
    'ipip: Never\ncidr: 192.168.0.0/16\nignore-loose-rpf: false\ndisable-vxlan-tx-checksumming: true\nveth-mtu: null\nrelease: ""\nimage-registry:\ncalico-node-image: docker.io/calico/node:v3.6.1',
  ],
  [
    'settings of the charm',
    'release: "3.29"\nveth-mtu: 1450',
    [
      'note charm-option-not-ours /release 1:10',
      '"release" is accepted, but the calico charm acts on it',
    ],
    ['note charm-option-not-ours /veth-mtu 2:11', ''],
  ],
  [
    'images that no container runtime can use',
    'image-registry: https://registry.example\ncalico-node-image: docker.io/Calico/node:v3.29.3\ncalico-policy-image: a.b/calico/kube-controllers:v3 29\n',
    [
      'warning image-scheme /image-registry 1:17',
      'no container runtime can use "image-registry": it begins with https://',
    ],
    ['warning image-uppercase /calico-node-image 2:20', 'the calico charm acts on it'],
    ['warning image-form /calico-policy-image 3:22', 'a space'],
  ],
  [
    'a password in an image, which no message shows',
    'calico-node-image: me:secret@registry.example/calico/node:v3\n',
    ['warning image-credential /calico-node-image 1:20', 'custom_registries of its charm'],
  ],
  [
    'images as charms have them',
    'image-registry: rocks.canonical.com:443/cdk\ncalico-node-image: rocks.canonical.com:443/cdk/calico/node:v3.10.1\n',
    ['note charm-option-not-ours /image-registry 1:17', ''],
    ['note charm-option-not-ours /calico-node-image 2:20', ''],
  ],

  // Several faults at once, in the order of the text.
  [
    'everything at once',
    'vxlan: never\nipip: allways\nglobal-as-number: 0\nfoo: 1\n',
    ['error unknown-value /vxlan 1:8', 'Never?'],
    ['error unknown-value /ipip 2:7', 'Always?'],
    ['error as-number-reserved /global-as-number 3:19', ''],
    ['error unknown-key /foo 4:1', ''],
  ],
];

function bomb(indent: string): string {
  const lines = Array.from({ length: 9 }, (_, index) => {
    const repeated = Array.from({ length: 10 }, () => `*a${index}`).join(', ');
    return `${indent}a${index + 1}: &a${index + 1} [${repeated}]`;
  });
  return [`${indent}a0: &a0 [x]`, ...lines].join('\n');
}

describe('the charm dialect, bad input', () => {
  for (const row of rows) {
    it(`judges ${row[0]}`, () => {
      checkRow(row);
    });
  }
});
