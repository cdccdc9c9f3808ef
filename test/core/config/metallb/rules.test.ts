/**
 * MetalLB's rules as a table. The verdicts are those of MetalLB 0.16 [internal/config/config.go,
 * validation.go, its CustomResourceDefinitions]; where a row says "accepts", MetalLB takes it without a word,
 * and we do not.
 */
import { expect } from 'chai';
import { parseConfig } from '../../../../core/config/parse.ts';
import { accepted, bgp, calico, l2, peer, pool, two, usual } from './sections.ts';

type Expected = readonly [line: string, ...words: readonly string[]];
type Refused = readonly [name: string, text: string, ...issues: readonly Expected[]];

const taken = 'error metallb-session-taken /metallb/peers/0/peerAddress';

const refused: readonly Refused[] = [
  [
    'an empty section',
    'metallb: {}',
    ['warning metallb-empty /metallb', 'name a range: layer2: [10.0.0.100'],
  ],
  [
    'a bare address',
    pool('10.0.0.1'),
    [
      'error metallb-range-invalid /metallb/pools/0/addresses/0',
      'is a single address',
      'write 10.0.0.1/32',
    ],
  ],
  [
    'a bare IPv6 address',
    pool('"fd00::1"'),
    ['error metallb-range-invalid /metallb/pools/0/addresses/0', 'write fd00::1/128'],
  ],
  [
    'a range that ends before it begins',
    pool('10.0.0.9-10.0.0.1'),
    ['error metallb-range-invalid /metallb/pools/0/addresses/0', 'write 10.0.0.1-10.0.0.9'],
  ],
  [
    'a range of two families, which MetalLB accepts',
    pool('"10.0.0.1-fd00::1"'),
    ['error metallb-range-invalid /metallb/pools/0/addresses/0', 'write a range for each family'],
  ],
  [
    'a range without an end',
    pool('10.0.0.1-'),
    ['error metallb-range-invalid /metallb/pools/0/addresses/0', 'is not an IPv4 or IPv6 address'],
  ],
  [
    'a range that ends with a number',
    pool('10.0.0.1-20'),
    ['error metallb-range-invalid /metallb/pools/0/addresses/0', 'is not an IPv4 or IPv6 address'],
  ],
  [
    'a prefix length that is too long',
    pool('10.0.0.0/33'),
    ['error metallb-range-invalid /metallb/pools/0/addresses/0', '0 to 32'],
  ],
  [
    'a leading zero',
    pool('10.0.0.01/32'),
    ['error metallb-range-invalid /metallb/pools/0/addresses/0', 'leading zero'],
  ],
  [
    'host bits, which MetalLB drops',
    pool('10.0.0.5/28'),
    ['warning metallb-range-host-bits /metallb/pools/0/addresses/0', 'write 10.0.0.0/28'],
  ],
  [
    'a multicast range, which MetalLB accepts',
    pool('224.0.0.0/28'),
    ['error metallb-range-unusable /metallb/pools/0/addresses/0', 'multicast'],
  ],
  [
    'a loopback range, which MetalLB accepts',
    pool('127.0.0.0/28'),
    ['error metallb-range-unusable /metallb/pools/0/addresses/0', 'loopback'],
  ],
  [
    'a pool without addresses',
    'metallb: {pools: [{name: a, addresses: []}]}',
    ['error too-short /metallb/pools/0/addresses'],
  ],
  [
    'an overlap within a pool',
    pool('10.0.0.0/28, 10.0.0.15-10.0.0.20'),
    [
      'error metallb-pool-overlap /metallb/pools/0/addresses/1',
      'of the same pool',
      'every address may be in one range only',
    ],
  ],
  [
    'the same range twice',
    pool('"fd00::/120", "fd00::/120"'),
    ['error metallb-pool-overlap /metallb/pools/0/addresses/1'],
  ],
  [
    'an overlap between pools',
    `metallb: {pools: [{name: a, addresses: [10.0.0.0/24]}, {name: b, addresses: [10.0.0.200-10.0.1.20]}], ${l2}}`,
    ['error metallb-pool-overlap /metallb/pools/1/addresses/0', 'of pool "a"'],
  ],
  [
    'an overlap with a range that is not the neighbour',
    `metallb: {pools: [{name: a, addresses: [10.0.0.0/24, 10.0.0.4-10.0.0.5]}, {name: b, addresses: [10.0.0.200/32]}], ${l2}}`,
    ['error metallb-pool-overlap /metallb/pools/0/addresses/1'],
    ['error metallb-pool-overlap /metallb/pools/1/addresses/0'],
  ],
  [
    'two pools with one name',
    `metallb: {pools: [{name: a, addresses: [10.0.0.0/28]}, {name: a, addresses: [10.0.1.0/28]}], ${l2}}`,
    ['error metallb-name-duplicate /metallb/pools/1/name', 'give each a name of its own'],
  ],
  [
    'a pool named as the short form’s',
    'metallb: {pools: [{name: layer2, addresses: [10.0.1.0/28]}], layer2: [10.0.0.0/28]}',
    ['error metallb-name-duplicate /metallb/layer2/0'],
  ],
  [
    'a name that Kubernetes refuses',
    `metallb: {pools: [{name: My_Pool, addresses: [10.0.0.0/28]}], ${l2}}`,
    ['error wrong-form /metallb/pools/0/name', 'small letters'],
  ],
  [
    'an unknown pool, which MetalLB accepts',
    'metallb: {pools: [{name: web, addresses: [10.0.0.0/28]}], layer2: [{name: x, ipAddressPools: [wbe, web]}]}',
    ['error metallb-pool-unknown /metallb/layer2/0/ipAddressPools/0', 'did you mean "web"?'],
  ],
  [
    'an unknown pool of a BGPAdvertisement',
    bgp('{name: x, ipAddressPools: [a, other-one]}'),
    [
      'error metallb-pool-unknown /metallb/bgpAdvertisements/0/ipAddressPools/1',
      'name one of metallb.pools',
    ],
  ],
  [
    'an unknown peer, which MetalLB accepts',
    bgp('{name: x, peers: [spine]}'),
    [
      'error metallb-peer-unknown /metallb/bgpAdvertisements/0/peers/0',
      'name one of metallb.peers',
    ],
  ],
  [
    'labels that no pool has',
    'metallb: {pools: [{name: a, labels: {t: x}, addresses: [10.0.0.0/28]}], layer2: [{name: x, ipAddressPoolSelectors: [{matchLabels: {t: y}}]}]}',
    ['warning metallb-not-announced /metallb/pools/0/name'],
    [
      'warning metallb-advertises-nothing /metallb/layer2/0/ipAddressPoolSelectors',
      'give the pool these labels',
    ],
  ],
  [
    'a pool that nobody announces',
    'metallb: {pools: [{name: a, addresses: [10.0.0.0/28]}, {name: b, addresses: [10.0.1.0/28]}], layer2: [{name: x, ipAddressPools: [a]}]}',
    [
      'warning metallb-not-announced /metallb/pools/1/name',
      'Services get them',
      'add it to layer2 or bgpAdvertisements',
    ],
  ],
  [
    'advertisements without peers',
    'metallb: {pools: [{name: a, addresses: [10.0.0.0/28]}], bgpAdvertisements: [{name: x}]}',
    ['warning metallb-no-peers /metallb/bgpAdvertisements/0', 'add peers, or let Calico'],
  ],
  [
    'an allocation for nobody',
    pool('10.0.0.0/28', ', serviceAllocation: {}'),
    [
      'warning metallb-allocation-empty /metallb/pools/0/serviceAllocation',
      'name namespaces, namespaceSelectors',
    ],
  ],
  [
    'a namespace twice',
    pool('10.0.0.0/28', ', serviceAllocation: {namespaces: [a, a]}'),
    [
      'error metallb-list-duplicate /metallb/pools/0/serviceAllocation/namespaces/1',
      'take one of the two away',
    ],
  ],
  [
    'a pool twice in a list',
    'metallb: {pools: [{name: a, addresses: [10.0.0.0/28]}], layer2: [{name: x, ipAddressPools: [a, a]}]}',
    ['error metallb-list-duplicate /metallb/layer2/0/ipAddressPools/1'],
  ],
  [
    'a community twice in a list',
    bgp('{name: x, communities: ["1:2", "1:2"]}'),
    ['error metallb-list-duplicate /metallb/bgpAdvertisements/0/communities/1'],
  ],
  [
    'a peer twice in a list',
    bgp('{name: x, peers: [p, p]}'),
    ['error metallb-list-duplicate /metallb/bgpAdvertisements/0/peers/1'],
  ],
  [
    'a selector twice in a list',
    'metallb: {layer2: [{name: x, nodeSelectors: [{matchLabels: {a: b, c: d}}, {matchLabels: {c: d, a: b}}]}]}',
    ['error metallb-list-duplicate /metallb/layer2/0/nodeSelectors/1', 'this selector is twice'],
  ],
  [
    'an expression twice in a selector',
    'metallb: {layer2: [{name: x, nodeSelectors: [{matchExpressions: [{key: a, operator: Exists}, {key: a, operator: Exists}]}]}]}',
    [
      'error metallb-list-duplicate /metallb/layer2/0/nodeSelectors/0/matchExpressions/1',
      'this expression',
    ],
  ],
  [
    'a value twice in an expression',
    'metallb: {layer2: [{name: x, nodeSelectors: [{matchExpressions: [{key: a, operator: In, values: [b, b]}]}]}]}',
    ['error metallb-list-duplicate /metallb/layer2/0/nodeSelectors/0/matchExpressions/0/values/1'],
  ],
  [
    'In without values',
    'metallb: {layer2: [{name: x, nodeSelectors: [{matchExpressions: [{key: a, operator: In}]}]}]}',
    [
      'error metallb-selector-invalid /metallb/layer2/0/nodeSelectors/0/matchExpressions/0',
      'add values: [a]',
    ],
  ],
  [
    'Exists with values',
    'metallb: {layer2: [{name: x, nodeSelectors: [{matchExpressions: [{key: a, operator: Exists, values: [b]}]}]}]}',
    [
      'error metallb-selector-invalid /metallb/layer2/0/nodeSelectors/0/matchExpressions/0',
      'take values away',
    ],
  ],
  [
    'an operator that Kubernetes does not know',
    'metallb: {layer2: [{name: x, nodeSelectors: [{matchExpressions: [{key: a, operator: Equals, values: [b]}]}]}]}',
    ['error unknown-value /metallb/layer2/0/nodeSelectors/0/matchExpressions/0/operator'],
  ],
  [
    'a label that is none',
    'metallb: {layer2: [{name: x, nodeSelectors: [{matchLabels: {"-a": b}}]}]}',
    [
      'error metallb-selector-invalid /metallb/layer2/0/nodeSelectors/0/matchLabels/-a',
      'labels are named as rack',
    ],
  ],
  [
    'a value of a label that is none',
    pool('10.0.0.0/28', ', labels: {a: "b c"}'),
    [
      'error metallb-selector-invalid /metallb/pools/0/labels/a',
      'it has letters, digits, "-", "_"',
    ],
  ],
  [
    'an aggregation shorter than a network',
    bgp('{name: x, aggregationLength: 23}'),
    ['error metallb-aggregation /metallb/bgpAdvertisements/0/aggregationLength', 'take 24 to 32'],
  ],
  [
    'an aggregation shorter than a range',
    bgp('{name: x, aggregationLength: 24}', '10.0.0.64-10.0.0.130'),
    ['error metallb-aggregation /metallb/bgpAdvertisements/0/aggregationLength', 'take 26 to 32'],
  ],
  [
    'an IPv6 aggregation shorter than a network',
    bgp('{name: x, aggregationLengthV6: 64}', '"fd00::/120"'),
    [
      'error metallb-aggregation /metallb/bgpAdvertisements/0/aggregationLengthV6',
      'take 120 to 128',
    ],
  ],
  [
    'an aggregation that is no length',
    bgp('{name: x, aggregationLength: 33}'),
    ['error out-of-range /metallb/bgpAdvertisements/0/aggregationLength'],
  ],
  [
    'an aggregation for chosen Services',
    bgp('{name: x, aggregationLength: 24, serviceSelectors: [{matchLabels: {a: b}}]}'),
    [
      'error metallb-aggregation /metallb/bgpAdvertisements/0/aggregationLength',
      'take aggregationLength away: a rolled up network is for all Services in it',
    ],
  ],
  [
    'two local preferences for one update',
    bgp('{name: x, localPref: 100}, {name: y, localPref: 200}'),
    [
      'error metallb-local-pref /metallb/bgpAdvertisements/1/localPref',
      '200 and 100',
      'give both the same localPref',
    ],
  ],
  [
    'a local preference and none for one update',
    bgp('{name: x, localPref: 100, ipAddressPools: [a]}, {name: y}'),
    ['error metallb-local-pref /metallb/bgpAdvertisements/1', '0 and 100'],
  ],
  [
    'two local preferences, and one family with the same length',
    bgp(
      '{name: x, localPref: 100}, {name: y, localPref: 200, aggregationLength: 24}',
      '10.0.0.0/24, "fd00::/64"',
    ),
    ['error metallb-local-pref /metallb/bgpAdvertisements/1/localPref'],
  ],
  [
    'a community of three parts',
    bgp('{name: x, communities: ["64512:1:2"]}'),
    [
      'error metallb-community-invalid /metallb/bgpAdvertisements/0/communities/0',
      'write large:64512:1:2',
    ],
  ],
  [
    'a community of words',
    bgp('{name: x, communities: ["a:b:c"]}'),
    [
      'error metallb-community-invalid /metallb/bgpAdvertisements/0/communities/0',
      'write it as 65000:100',
    ],
  ],
  [
    'a community with a 4-byte AS number',
    'metallb: {communities: [{name: a, value: "4200000000:1"}]}',
    [
      'error metallb-community-invalid /metallb/communities/0/value',
      'AS numbers above 65535 need a large community',
    ],
  ],
  [
    'a large community that is too large',
    'metallb: {communities: [{name: a, value: "large:4294967296:1:1"}]}',
    ['error metallb-community-invalid /metallb/communities/0/value', '4294967295'],
  ],
  [
    'an unknown community',
    bgp('{name: x, communities: [vpn]}'),
    [
      'error metallb-community-unknown /metallb/bgpAdvertisements/0/communities/0',
      'add it to metallb.communities',
    ],
  ],
  [
    'two communities with one name',
    'metallb: {communities: [{name: a, value: "1:2"}, {name: a, value: "1:3"}]}',
    ['error metallb-name-duplicate /metallb/communities/1/name'],
  ],
  [
    'an AS number of 0',
    peer(usual).replace('64512', '0'),
    ['error as-number-reserved /metallb/peers/0/myASN'],
  ],
  [
    'a peer without an AS number',
    peer('peerAddress: 10.0.0.1'),
    ['error metallb-peer-as /metallb/peers/0', 'add the AS number of the router'],
  ],
  [
    'both AS numbers of the peer',
    peer(`${usual}, dynamicASN: internal`),
    ['error metallb-peer-as /metallb/peers/0/dynamicASN', 'take dynamicASN away'],
  ],
  [
    'a dynamicASN that is none',
    peer('dynamicASN: any, peerAddress: 10.0.0.1'),
    ['error unknown-value /metallb/peers/0/dynamicASN'],
  ],
  [
    'a localASN that is myASN',
    peer(`${usual}, localASN: 64512`),
    ['error metallb-peer-as /metallb/peers/0/localASN', 'take localASN away: the router sees'],
  ],
  [
    'ebgpMultiHop for iBGP',
    peer('peerASN: 64512, peerAddress: 10.0.0.1, ebgpMultiHop: true'),
    [
      'error metallb-peer-multi-hop /metallb/peers/0/ebgpMultiHop',
      'take ebgpMultiHop away: iBGP may',
    ],
  ],
  [
    'a peer without an address',
    peer('peerASN: 64513'),
    ['error metallb-peer-address /metallb/peers/0', 'add the address of the router'],
  ],
  [
    'an address and an interface',
    peer(`${usual}, interface: eth0`),
    ['error metallb-peer-address /metallb/peers/0/interface', 'take interface away'],
  ],
  [
    'an address that is none',
    peer('peerASN: 64513, peerAddress: router'),
    ['error metallb-address-invalid /metallb/peers/0/peerAddress'],
  ],
  [
    'a multicast address',
    peer('peerASN: 64513, peerAddress: 224.0.0.1'),
    ['error metallb-peer-address /metallb/peers/0/peerAddress', 'give the address of a router'],
  ],
  [
    'a source of another family, which MetalLB accepts',
    peer(`${usual}, sourceAddress: "fd00::1"`),
    [
      'error metallb-peer-address /metallb/peers/0/sourceAddress',
      'give a sourceAddress of the family',
    ],
  ],
  [
    'a router ID in IPv6 form, which MetalLB accepts',
    peer(`${usual}, routerID: "fd00::1"`),
    ['error metallb-router-id /metallb/peers/0/routerID', 'write it as 10.0.0.1'],
  ],
  [
    'a port above 16384',
    peer(`${usual}, peerPort: 16385`),
    ['error out-of-range /metallb/peers/0/peerPort', '16384'],
  ],
  [
    'a holdTime below 3s',
    peer(`${usual}, holdTime: 2s`),
    ['error metallb-peer-times /metallb/peers/0/holdTime', 'it is 0s for none'],
  ],
  [
    'a keepaliveTime that makes the holdTime too short',
    peer(`${usual}, keepaliveTime: 800ms`),
    ['error metallb-peer-times /metallb/peers/0/keepaliveTime', 'three times'],
  ],
  [
    'a keepaliveTime above the holdTime',
    peer(`${usual}, holdTime: 10s, keepaliveTime: 1m`),
    ['error metallb-peer-times /metallb/peers/0/keepaliveTime', 'a third of the holdTime'],
  ],
  [
    'a connectTime in parts of seconds',
    peer(`${usual}, connectTime: 1500ms`),
    ['error metallb-peer-times /metallb/peers/0/connectTime', 'write it as 10s'],
  ],
  [
    'a connectTime that is too long',
    peer(`${usual}, connectTime: 65536s`),
    ['error metallb-peer-times /metallb/peers/0/connectTime'],
  ],
  [
    'a time without a unit',
    peer(`${usual}, holdTime: "90"`),
    ['error metallb-peer-times /metallb/peers/0/holdTime', 'write it as 90s'],
  ],
  [
    'a password',
    peer(`${usual}, password: hidden`),
    [
      'error metallb-peer-password /metallb/peers/0/password',
      'take the line away, and name a Secret',
    ],
  ],
  [
    'a password beside a Secret',
    peer(`${usual}, password: hidden, passwordSecret: {name: bgp}`),
    ['error metallb-peer-password /metallb/peers/0/password'],
  ],
  [
    'a Secret in another namespace, which MetalLB accepts',
    peer(
      `${usual}, passwordSecret: {name: bgp, namespace: default}`,
      ', namespace: metallb-system',
    ),
    [
      'error metallb-secret-namespace /metallb/peers/0/passwordSecret/namespace',
      'put the Secret into that namespace',
    ],
  ],
  [
    'an unknown BFD profile',
    peer(`${usual}, bfdProfile: fast`),
    ['error metallb-bfd-unknown /metallb/peers/0/bfdProfile', 'add it to metallb.bfdProfiles'],
  ],
  [
    'a BFD interval that is too short',
    'metallb: {bfdProfiles: [{name: a, receiveInterval: 9}]}',
    ['error out-of-range /metallb/bfdProfiles/0/receiveInterval'],
  ],
  [
    'a BFD multiplier of 1',
    'metallb: {bfdProfiles: [{name: a, detectMultiplier: 1}]}',
    ['error out-of-range /metallb/bfdProfiles/0/detectMultiplier'],
  ],
  [
    'a minimum TTL of 255',
    'metallb: {bfdProfiles: [{name: a, minimumTtl: 255}]}',
    ['error out-of-range /metallb/bfdProfiles/0/minimumTtl'],
  ],
  [
    'BFD echo for IPv6',
    bgp(
      '{name: x}',
      '10.0.0.0/24, "fd00::/120"',
      ', bfdProfiles: [{name: fast, echoMode: true}]',
    ).replace(usual, `${usual}, bfdProfile: fast`),
    [
      'error metallb-bfd-echo /metallb/peers/0/bfdProfile',
      'give the peer a BFD profile without echoMode',
    ],
  ],
  [
    'BFD echo over routers',
    peer(
      `${usual}, ebgpMultiHop: true, bfdProfile: fast`,
      ', bfdProfiles: [{name: fast, echoMode: true}]',
    ),
    ['error metallb-bfd-echo /metallb/peers/0/bfdProfile', 'over one link'],
  ],
  [
    'disableMP',
    peer(`${usual}, disableMP: true`),
    [
      'warning metallb-deprecated /metallb/peers/0/disableMP',
      'take it away; dualStackAddressFamily gives',
    ],
  ],
  [
    'two peers of one router',
    two(`myASN: 64512, ${usual}`, `myASN: 64512, ${usual}`),
    [
      'error metallb-peers-share-node /metallb/peers/1/peerAddress',
      'take one away, or choose other nodes',
    ],
  ],
  [
    'two spellings of one router',
    two(
      'myASN: 64512, peerASN: 1, peerAddress: "fd00::1"',
      'myASN: 64512, peerASN: 1, peerAddress: "fd00:0::1"',
    ),
    ['error metallb-peers-share-node /metallb/peers/1/peerAddress'],
  ],
  [
    'two AS numbers of a node',
    two(`myASN: 64512, ${usual}`, 'myASN: 64600, peerASN: 64513, peerAddress: 10.0.0.2'),
    [
      'error metallb-peers-share-node /metallb/peers/1/myASN',
      'a node has one: take the same myASN',
    ],
  ],
  [
    'two AS numbers where one peer is on every node',
    two(
      `myASN: 64512, ${usual}`,
      'myASN: 64600, peerASN: 64513, peerAddress: 10.0.0.2, nodeSelectors: [{matchLabels: {a: b}}]',
    ),
    ['error metallb-peers-share-node /metallb/peers/1/myASN'],
  ],
  [
    'two router IDs of a node',
    two(
      `myASN: 64512, ${usual}, routerID: 1.1.1.1`,
      'myASN: 64512, peerASN: 64513, peerAddress: 10.0.0.2',
    ),
    [
      'error metallb-peers-share-node /metallb/peers/1',
      '1.1.1.1 and none',
      'a node has one: give both peers',
    ],
  ],
  [
    'two peers of one router on the same chosen nodes',
    two(
      `myASN: 64512, ${usual}, nodeSelectors: [{matchLabels: {a: b}}]`,
      `myASN: 64512, ${usual}, nodeSelectors: [{matchLabels: {a: b}}]`,
    ),
    ['error metallb-peers-share-node /metallb/peers/1/peerAddress'],
  ],
  [
    'FRR’s fields in native mode',
    peer(
      `dynamicASN: external, interface: eth0, keepaliveTime: 10s, connectTime: 10s, vrf: red, localASN: 64600, enableGracefulRestart: true, dualStackAddressFamily: true`,
      ', bgpMode: native',
    ),
    ...[
      'dynamicASN',
      'interface',
      'keepaliveTime',
      'connectTime',
      'vrf',
      'localASN',
      'enableGracefulRestart',
      'dualStackAddressFamily',
    ].map((field): Expected => [
      `error metallb-bgp-mode /metallb/peers/0/${field}`,
      'take it away, or bgpMode: frr-k8s',
    ]),
  ],
  [
    'BFD in native mode',
    'metallb: {bgpMode: native, bfdProfiles: [{name: a}]}',
    ['error metallb-bgp-mode /metallb/bfdProfiles/0'],
  ],
  [
    'IPv6 by BGP in native mode',
    bgp('{name: x}', '10.0.0.0/24, "fd00::/120"', ', bgpMode: native'),
    ['error metallb-bgp-mode /metallb/pools/0/addresses/1', 'IPv4 only'],
  ],
  [
    'large communities in native mode',
    bgp(
      '{name: x, communities: ["large:1:2:3"]}',
      '10.0.0.0/24',
      ', bgpMode: native, communities: [{name: a, value: "large:1:1:1"}]',
    ),
    ['error metallb-bgp-mode /metallb/bgpAdvertisements/0/communities/0'],
    ['error metallb-bgp-mode /metallb/communities/0/value'],
  ],
  [
    'asPathPrepend without frr-k8s',
    bgp('{name: x, asPathPrepend: 2}', '10.0.0.0/24', ', bgpMode: frr'),
    ['error metallb-bgp-mode /metallb/bgpAdvertisements/0/asPathPrepend'],
  ],
  [
    'a release that is none',
    'metallb: {release: latest, layer2: [10.0.0.0/28]}',
    ['error metallb-release-invalid /metallb/release', 'write it as 0.15.3'],
  ],
  [
    'a release with a ConfigMap',
    'metallb: {release: 0.12.1, layer2: [10.0.0.0/28]}',
    ['error metallb-release-invalid /metallb/release', 'upgrade it to 0.13'],
  ],
  [
    'fields of a later release',
    'metallb: {release: 0.13.5, pools: [{name: a, addresses: [10.0.0.0/28], serviceAllocation: {priority: 1}}], layer2: [{name: x, interfaces: [eth0], serviceSelectors: [{}]}]}',
    [
      'error metallb-release /metallb/pools/0/serviceAllocation',
      'came with MetalLB 0.13.8',
      'take it away, or upgrade MetalLB',
    ],
    ['error metallb-release /metallb/layer2/0/interfaces'],
    ['error metallb-release /metallb/layer2/0/serviceSelectors', '0.16.0'],
  ],
  [
    'a peer that an older release needs whole',
    peer('dynamicASN: external, peerAddress: 10.0.0.1', ', release: 0.14.8'),
    ['error metallb-release /metallb/peers/0', 'needs peerASN', 'add it, or upgrade MetalLB to'],
    ['error metallb-release /metallb/peers/0/dynamicASN', '0.14.9'],
  ],
  [
    'sessions beside speaker: calico',
    calico(
      `speaker: calico, pools: [{name: a, addresses: [10.0.0.0/28]}], peers: [{name: p, myASN: 64512, ${usual}}], layer2: [{name: x}]`,
    ),
    ['error metallb-speaker-calico /metallb/peers/0', 'take peers away, or take speaker: metallb'],
    ['error metallb-speaker-calico /metallb/layer2/0'],
  ],
  [
    'speaker: calico with flannel',
    'platform: k3s\nk3s: {cni: flannel, loadBalancer: metallb}\nmetallb: {speaker: calico, pools: [{name: a, addresses: [10.0.0.0/28]}]}',
    [
      'error metallb-speaker-calico /metallb/speaker',
      'k3s.cni is flannel',
      "let MetalLB's speakers do it, with layer2",
    ],
  ],
  [
    'speaker: calico where Calico runs VXLAN alone',
    'platform: microk8s\nmicrok8s: {mode: vxlan}\nmetallb: {speaker: calico, pools: [{name: a, addresses: [10.0.0.0/28]}]}',
    ['error metallb-speaker-calico /metallb/speaker', 'runs no BGP'],
  ],
  [
    'a router that Calico has on every node',
    `bgp: {peers: [{address: 10.0.0.1, asNumber: 64513}]}\n${peer(`${usual}, nodeSelectors: [{matchLabels: {a: b}}]`)}`,
    [taken, 'the router takes one', 'let Calico announce the pools with speaker: calico'],
  ],
  [
    'a router that Calico has on some nodes',
    `bgp: {asNumber: 64512}\ngroups: [{name: g, match: {nodes: [a]}, peers: [{address: 10.0.0.1, asNumber: 64513}]}]\n${peer(usual)}`,
    [taken],
  ],
  [
    'a range in a pool of Calico',
    `pools: [{name: pods, cidr: 10.0.0.0/16}]\n${pool('10.0.5.0/28')}`,
    [
      'error metallb-range-taken /metallb/pools/0/addresses/0',
      `Calico's pool "pods"`,
      'take addresses that nothing else has',
    ],
  ],
  [
    'a range in the network of Services',
    'platform: k3s\nk3s: {serviceCidr: 10.43.0.0/16, loadBalancer: metallb}\nmetallb: {layer2: [10.43.1.0/28]}',
    ['error metallb-range-taken /metallb/layer2/0', 'k3s.serviceCidr'],
  ],
  [
    'addresses that both announce',
    `bgp: {serviceLoadBalancerIPs: [10.0.0.0/24]}\n${pool('10.0.0.0/28')}`,
    [
      'error metallb-announced-twice /bgp/serviceLoadBalancerIPs/0',
      'take it out of bgp.serviceLoadBalancerIPs',
    ],
  ],
  [
    'ServiceLB beside MetalLB',
    'platform: k3s\nk3s: {cni: flannel}\nmetallb: {layer2: [10.0.0.0/28]}',
    ['warning metallb-servicelb /metallb', 'add loadBalancer: metallb'],
  ],
  [
    'ServiceLB asked for beside MetalLB',
    'platform: k3s\nk3s: {loadBalancer: servicelb}\nmetallb: {layer2: [10.0.0.0/28]}',
    ['error metallb-servicelb /k3s/loadBalancer', 'write loadBalancer: metallb'],
  ],
];

const native = (sections: string): string =>
  `apiVersion: calico-agent/v1\nkind: NetworkConfig\n${sections}\n`;

function found(text: string): readonly { readonly line: string; readonly words: string }[] {
  return parseConfig(native(text))
    .issues.filter(({ severity, code }) => severity !== 'note' && code !== 'as-number-public')
    .map(({ severity, code, pointer, message, hint = '' }) => ({
      line: `${severity} ${code} ${pointer}`,
      words: `${message} | ${hint}`,
    }));
}

describe('MetalLB’s rules', () => {
  it('are at least 60 cases', () => {
    expect(accepted.length).to.be.greaterThan(20);
    expect(refused.length).to.be.greaterThan(60);
  });

  for (const [name, text] of accepted) {
    it(`accept ${name}`, () => {
      expect(found(text)).to.deep.equal([]);
    });
  }

  for (const [name, text, ...expected] of refused) {
    it(`find ${name}`, () => {
      expect(found(text).map(({ line }) => line)).to.deep.equal(expected.map(([line]) => line));
      for (const [index, [, ...words]] of expected.entries()) {
        for (const word of words) expect(found(text)[index]?.words).to.include(word);
        expect(found(text)[index]?.words).to.not.match(/undefined|\. \||\n/);
      }
    });
  }

  it('give all issues of a section at once, also beside faults of form', () => {
    const text =
      'metallb: {pools: [{name: a, addresses: [10.0.0.1]}, {name: b, addresses: [], autoAssign: 1}], layer2: [{name: x, ipAddressPools: [b, c]}], peers: [{name: p, myASN: 0}], nothing: 1}';
    expect(found(text).map(({ line }) => line)).to.deep.equal([
      'error metallb-range-invalid /metallb/pools/0/addresses/0',
      'error too-short /metallb/pools/1/addresses',
      'error wrong-type /metallb/pools/1/autoAssign',
      'error metallb-pool-unknown /metallb/layer2/0/ipAddressPools/1',
      'error metallb-peer-address /metallb/peers/0',
      'error metallb-peer-as /metallb/peers/0',
      'error as-number-reserved /metallb/peers/0/myASN',
      'error unknown-key /metallb/nothing',
    ]);
  });

  it('never repeat a password', () => {
    const text = native(
      'metallb: {peers: [{name: p, myASN: 64512, peerASN: 64513, peerAddress: 10.0.0.1, password: s3cret}]}',
    );
    const { ok, issues } = parseConfig(text);
    expect(ok).to.equal(false);
    expect(JSON.stringify(issues)).to.not.include('s3cret');
  });
});
