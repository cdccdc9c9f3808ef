/** The traffic between machines that a provider needs, and whether kops lets it through. */
import type { Located } from '../../config/yaml/located.ts';
import { fieldsOf, integerOf, scalarOf, textOf } from '../../config/yaml/read-values.ts';
import { cloudOf, providerOf, type JudgedCluster } from '../document/facts.ts';
import { calicoInForce } from '../in-force/calico-in-force.ts';
import { firewallOf, type Traffic } from '../table/firewalls.ts';
import type { Need } from './need.ts';

interface Needed {
  readonly traffic: Traffic;
  readonly what: string;
  /** Only control planes listen. */
  readonly isToControlPlanes?: true;
}

export function portsOf(cluster: JudgedCluster): readonly Need[] {
  const found = providerOf(cluster);
  if (found === undefined) return [];
  const { key } = found.provider;
  const needed = neededBy(key, cluster, fieldsOf(found.entry.value));
  if (needed.length === 0) return [];
  const list = needed.map(trafficText).join(', ');
  return [
    { what: 'ports', text: `between all machines of the cluster: ${list}` },
    ...openedBy(cluster, key, needed),
  ];
}

function trafficText({ traffic, what, isToControlPlanes }: Needed): string {
  return `${traffic} (${what}${isToControlPlanes === true ? ', to control planes' : ''})`;
}

function openedBy(cluster: JudgedCluster, key: string, needed: readonly Needed[]): readonly Need[] {
  const cloud = cloudOf(cluster);
  const { kops } = cluster.target;
  const firewall = cloud === undefined ? undefined : firewallOf(cloud, kops, key);
  if (cloud === undefined || firewall === undefined) return [];
  const by = `kops 1.${String(kops)}`;
  const from = `(${firewall.source})`;
  const closed = needed.filter(
    ({ traffic, isToControlPlanes }) =>
      isToControlPlanes !== true && !firewall.betweenNodes(traffic),
  );
  const closedBelow = needed.filter(
    (one) => !closed.includes(one) && one.traffic !== bgp && !firewall.toControlPlanes(one.traffic),
  );
  if (closed.length + closedBelow.length === 0) {
    const own = 'instance groups with a securityGroupOverride need them from you';
    const text = `${by} opens them on ${cloud} ${from}${cloud === 'aws' ? `; ${own}` : ''}`;
    return [{ what: 'ports', text }];
  }
  return [
    ...closedNeed(closed, `${by} does not open on ${cloud} ${from}`),
    ...closedNeed(
      closedBelow,
      `${by} does not open from nodes to control planes on ${cloud} ${from}`,
    ),
  ];
}

/** One side is enough to open a session, and control planes reach nodes. */
const bgp: Traffic = 'TCP 179';

function closedNeed(closed: readonly Needed[], start: string): readonly Need[] {
  if (closed.length === 0) return [];
  const text = `${start}: ${closed.map(trafficText).join(', ')}; add a rule of your own, or this traffic is lost`;
  return [{ what: 'ports', text }];
}

type Fields = ReadonlyMap<string, Located>;

function neededBy(key: string, cluster: JudgedCluster, fields: Fields): readonly Needed[] {
  switch (key) {
    case 'calico':
      return calicoNeeds(cluster, fields);
    case 'canal':
      return [{ traffic: 'UDP 8472', what: 'VXLAN' }, ...typha(fields)];
    case 'flannel':
      // kops takes udp for an empty backend (pkg/model/openstackmodel/firewall.go too).
      return textOf(fields.get('backend'))?.value === 'vxlan'
        ? [{ traffic: 'UDP 8472', what: 'VXLAN' }]
        : [{ traffic: 'UDP 8285', what: 'udp' }];
    case 'weave':
      return [
        { traffic: 'TCP 6783', what: 'control' },
        { traffic: 'UDP 6783', what: 'data' },
        { traffic: 'UDP 6784', what: 'data' },
      ];
    case 'kuberouter':
      return [
        { traffic: bgp, what: 'BGP' },
        { traffic: 'IP protocol 4', what: 'IP-in-IP between subnets' },
      ];
    case 'kopeio':
      return [{ traffic: 'UDP 4789', what: 'VXLAN' }];
    case 'romana':
      return [
        { traffic: 'TCP 9600', what: 'agents' },
        { traffic: 'TCP 4001', what: 'etcd', isToControlPlanes: true },
      ];
    case 'cilium':
      return ciliumNeeds(fields);
    default:
      return [];
  }
}

function calicoNeeds(cluster: JudgedCluster, fields: Fields): readonly Needed[] {
  const { backend, ipip, vxlan } = calicoInForce(cluster);
  return [
    ...(backend === 'bird' ? [{ traffic: bgp, what: 'BGP' }] : []),
    ...(ipip === 'Never' ? [] : [{ traffic: 'IP protocol 4', what: 'IP-in-IP' } as const]),
    ...(vxlan === 'Never' ? [] : [{ traffic: 'UDP 4789', what: 'VXLAN' } as const]),
    ...(isOn(fields, 'wireguardEnabled')
      ? [{ traffic: 'UDP 51820', what: 'WireGuard' } as const]
      : []),
    ...typha(fields),
  ];
}

function typha(fields: Fields): readonly Needed[] {
  const replicas = integerOf(fields.get('typhaReplicas'))?.value ?? 0;
  return replicas > 0 ? [{ traffic: 'TCP 5473', what: 'Typha' }] : [];
}

function ciliumNeeds(fields: Fields): readonly Needed[] {
  const text = (name: string): string => textOf(fields.get(name))?.value ?? '';
  const tunnel = text('tunnel') || (text('ipam') === 'eni' ? 'disabled' : 'vxlan');
  const hubble = scalarOf(fieldsOf(fields.get('hubble')).get('enabled'))?.value === true;
  return [
    ...(tunnel === 'vxlan' ? [{ traffic: 'UDP 8472', what: 'VXLAN' } as const] : []),
    ...(tunnel === 'geneve' ? [{ traffic: 'UDP 6081', what: 'Geneve' } as const] : []),
    { traffic: 'TCP 4240', what: 'health' },
    ...(hubble ? [{ traffic: 'TCP 4244', what: 'Hubble' } as const] : []),
    ...(isOn(fields, 'etcdManaged')
      ? [{ traffic: 'TCP 4003', what: 'etcd of Cilium', isToControlPlanes: true } as const]
      : []),
  ];
}

function isOn(fields: Fields, name: string): boolean {
  return scalarOf(fields.get(name))?.value === true;
}
