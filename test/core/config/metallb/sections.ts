/** Parts of sections for the table of MetalLB's rules, and the sections that are accepted. */

type Accepted = readonly [name: string, text: string];

export const l2 = 'layer2: [{name: x}]';
export const pool = (addresses: string, more = ''): string =>
  `metallb: {pools: [{name: a, addresses: [${addresses}]${more}}], ${l2}}`;
export const peer = (fields: string, more = ''): string =>
  `metallb: {peers: [{name: p, myASN: 64512, ${fields}}]${more}}`;
export const usual = 'peerASN: 64513, peerAddress: 10.0.0.1';
export const two = (one: string, other: string, more = ''): string =>
  `metallb: {peers: [{name: p, ${one}}, {name: q, ${other}}]${more}}`;
export const bgp = (advertisements: string, addresses = '10.0.0.0/24', more = ''): string =>
  `metallb: {pools: [{name: a, addresses: [${addresses}]}], peers: [{name: p, myASN: 64512, ${usual}}, {name: q, myASN: 64512, peerASN: 64513, peerAddress: 10.0.0.2}], bgpAdvertisements: [${advertisements}]${more}}`;
export const calico = (section: string): string => `bgp: {asNumber: 64512}\nmetallb: {${section}}`;

export const accepted: readonly Accepted[] = [
  ['the short form', 'metallb: {layer2: [10.0.0.100-10.0.0.200]}'],
  [
    'the short form with both families',
    'metallb: {layer2: [10.0.0.100-10.0.0.200, "fd00:1::10-fd00:1::1f"]}',
  ],
  [
    'the short form beside advertisements',
    'metallb: {pools: [{name: a, addresses: [10.0.1.0/28]}], layer2: [10.0.0.0/28, {name: x, ipAddressPools: [a]}]}',
  ],
  [
    'networks and ranges',
    pool('10.0.0.0/28, 10.0.0.16-10.0.0.20, 10.0.0.21 - 10.0.0.30, "fd00::/120"'),
  ],
  ['a network of one address', pool('10.0.0.1/32, "fd00::1/128"')],
  ['a range of one address', pool('10.0.0.1-10.0.0.1')],
  [
    'every field of a pool',
    pool(
      '10.0.0.0/28',
      ', labels: {tier: web}, autoAssign: false, avoidBuggyIPs: true, serviceAllocation: {priority: 50, namespaces: [a, b], namespaceSelectors: [{matchLabels: {team: x}}], serviceSelectors: [{matchExpressions: [{key: app, operator: In, values: [a, b]}]}]}',
    ),
  ],
  [
    'every field of an L2Advertisement',
    'metallb: {pools: [{name: a, addresses: [10.0.0.0/28]}], layer2: [{name: x, ipAddressPools: [a], ipAddressPoolSelectors: [{}], nodeSelectors: [{matchLabels: {rack: r1}}], interfaces: [eth0], serviceSelectors: [{matchLabels: {app: a}}], preferredNodeSelectors: [{weight: 10, preference: {matchExpressions: [{key: example.com/rack, operator: Exists}]}}]}]}',
  ],
  [
    'every field of a BGPAdvertisement',
    bgp(
      '{name: x, ipAddressPools: [a], ipAddressPoolSelectors: [{matchLabels: {}}], nodeSelectors: [{matchLabels: {a: b}}], peers: [p], communities: ["65000:1", "large:4200000000:1:2", vpn], localPref: 100, aggregationLength: 24, aggregationLengthV6: 128, asPathPrepend: 2}',
      '10.0.0.0/24',
      ', communities: [{name: vpn, value: "64512:3"}]',
    ),
  ],
  [
    'every field of a peer',
    peer(
      `${usual}, localASN: 64600, sourceAddress: 10.0.0.9, peerPort: 16384, holdTime: 90s, keepaliveTime: 30s, connectTime: 10s, routerID: 10.10.10.10, nodeSelectors: [{matchLabels: {a: b}}], passwordSecret: {name: bgp, namespace: metallb-system}, bfdProfile: fast, enableGracefulRestart: true, ebgpMultiHop: true, vrf: red, dualStackAddressFamily: true`,
      ', namespace: metallb-system, bfdProfiles: [{name: fast, receiveInterval: 10, transmitInterval: 60000, detectMultiplier: 255, echoInterval: 50, echoMode: false, passiveMode: true, minimumTtl: 254}]',
    ),
  ],
  ['a peer on an interface', peer('dynamicASN: external, interface: eth1')],
  [
    '4-byte AS numbers',
    peer('peerASN: "64000.1", peerAddress: "fd00::1"').replace('64512', '4200000000'),
  ],
  ['a holdTime of none', peer(`${usual}, holdTime: 0s, keepaliveTime: 0s`)],
  ['a holdTime of 3s', peer(`${usual}, holdTime: 3s`)],
  [
    'two peers of one router in two VRFs',
    two(`myASN: 64512, ${usual}`, `myASN: 64600, ${usual}, vrf: red`),
  ],
  [
    'two peers of one router on nodes that are perhaps others',
    two(
      `myASN: 64512, ${usual}, nodeSelectors: [{matchLabels: {rack: a}}]`,
      `myASN: 64600, ${usual}, nodeSelectors: [{matchLabels: {rack: b}}]`,
    ),
  ],
  [
    'two AS numbers in native mode',
    two(
      `myASN: 64512, ${usual}`,
      'myASN: 64600, peerASN: 64513, peerAddress: 10.0.0.2',
      ', bgpMode: native',
    ),
  ],
  [
    'an aggregation that is a network of the range',
    bgp('{name: x, aggregationLength: 26}', '10.0.0.64-10.0.0.130'),
  ],
  [
    'an aggregation with the usual length beside serviceSelectors',
    bgp('{name: x, aggregationLength: 32, serviceSelectors: [{matchLabels: {a: b}}]}'),
  ],
  [
    'two local preferences for two lengths',
    bgp('{name: x, localPref: 100}, {name: y, localPref: 200, aggregationLength: 24}'),
  ],
  [
    'two local preferences for two peers',
    bgp('{name: x, localPref: 100, peers: [p]}, {name: y, localPref: 200, peers: [q]}'),
  ],
  [
    'two local preferences for chosen Services',
    bgp(
      '{name: x, localPref: 100, serviceSelectors: [{matchLabels: {a: b}}]}, {name: y, localPref: 200}',
    ),
  ],
  [
    'two local preferences for two families by length',
    bgp(
      '{name: x, localPref: 100}, {name: y, localPref: 200, aggregationLength: 24, aggregationLengthV6: 64}',
      '10.0.0.0/24, "fd00::/64"',
    ),
  ],
  [
    'two local preferences for nodes that are perhaps others',
    bgp(
      '{name: x, localPref: 100, nodeSelectors: [{matchLabels: {a: b}}]}, {name: y, localPref: 200, nodeSelectors: [{matchLabels: {a: c}}]}',
    ),
  ],
  [
    'speaker: calico with pools alone',
    calico('speaker: calico, pools: [{name: a, addresses: [10.0.0.100-10.0.0.200]}]'),
  ],
  [
    'speaker: metallb with another router',
    'bgp: {peers: [{address: 10.0.0.9, asNumber: 64513}]}\n' + peer(usual),
  ],
  [
    'a second session with the router in a VRF',
    `bgp: {peers: [{address: 10.0.0.1, asNumber: 64513}]}\n${peer(`${usual}, vrf: red`)}`,
  ],
  [
    'fields of the named release',
    'metallb: {release: v0.15.3, pools: [{name: a, addresses: [10.0.0.0/28], avoidBuggyIPs: true}], layer2: [{name: x, interfaces: [eth0]}]}',
  ],
  [
    'K3s with MetalLB',
    'platform: k3s\nk3s: {loadBalancer: metallb}\nmetallb: {layer2: [10.0.0.100-10.0.0.200]}',
  ],
];
