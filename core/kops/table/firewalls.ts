/**
 * Which traffic between the machines of a cluster kops lets through, by cloud and release. Sources, of
 * the release branches 1.8 to 1.36: pkg/model/firewall.go (AWS until 1.20), pkg/model/awsmodel/firewall.go,
 * pkg/model/gcemodel/firewall.go, and addCNIRules in pkg/model/openstackmodel/firewall.go.
 */

/** `TCP 179`, `UDP 4789`, `IP protocol 4`. */
export type Traffic = `TCP ${number}` | `UDP ${number}` | `IP protocol ${number}`;

export interface Firewall {
  /** The file that has the rules. */
  readonly source: string;
  betweenNodes(traffic: Traffic): boolean;
  /** From nodes to control planes; control planes reach nodes as nodes do each other. */
  toControlPlanes(traffic: Traffic): boolean;
}

/** @param key the provider's in v1alpha2 @returns undefined: the cloud's rules are not known here */
export function firewallOf(cloud: string, kops: number, key: string): Firewall | undefined {
  switch (cloud) {
    case 'aws':
      return ofAws(kops, key);
    case 'gce':
      return ofGce(kops, key);
    case 'openstack':
      return ofOpenStack(kops, key);
    default:
      return undefined;
  }
}

/** Ports of etcd, which nodes must not reach. */
const etcd: ReadonlySet<Traffic> = new Set(['TCP 2380', 'TCP 2381', 'TCP 4001', 'TCP 4002']);

/** Until this release the provider reaches etcd's client port. */
const usingEtcd: Readonly<Record<string, number>> = { calico: 19, romana: 18, cilium: 14 };
/** The last release in which IP-in-IP is let through for the provider. */
const tunnelsOnAws: Readonly<Record<string, number>> = {
  calico: Infinity,
  kuberouter: Infinity,
  romana: 18,
  cilium: 14,
};

function ofAws(kops: number, key: string): Firewall {
  return {
    source: kops <= 20 ? 'pkg/model/firewall.go' : 'pkg/model/awsmodel/firewall.go',
    betweenNodes: () => true,
    toControlPlanes: (traffic) => {
      // The security groups have one rule for everything with amazonvpc, since 1.11.
      if (key === 'amazonvpc' && kops >= 11) return true;
      if (traffic.startsWith('IP ')) {
        return traffic === 'IP protocol 4' && kops <= (tunnelsOnAws[key] ?? 0);
      }
      if (traffic === 'TCP 4001' && kops <= (usingEtcd[key] ?? 0)) return true;
      return !etcd.has(traffic);
    },
  };
}

function ofGce(kops: number, key: string): Firewall {
  const hasTunnel = key === 'calico' && kops >= 23;
  const opened = new Set<Traffic>([
    ...(hasTunnel ? (['IP protocol 4'] as const) : []),
    ...(key === 'calico' && kops >= 36 ? (['TCP 179'] as const) : []),
    ...(key === 'cilium' && kops >= 23 ? (['UDP 8472', 'TCP 4003'] as const) : []),
  ]);
  return {
    source: 'pkg/model/gcemodel/firewall.go',
    betweenNodes: (traffic) => traffic !== 'IP protocol 4' || hasTunnel,
    toControlPlanes: (traffic) => opened.has(traffic),
  };
}

function ofOpenStack(kops: number, key: string): Firewall {
  const ports = new Set<Traffic>(openStackRules(kops, key));
  const isOpened = (traffic: Traffic): boolean => ports.has(traffic);
  return {
    source: 'pkg/model/openstackmodel/firewall.go',
    betweenNodes: isOpened,
    toControlPlanes: (traffic) =>
      isOpened(traffic) || (traffic === 'TCP 4003' && key === 'cilium' && kops >= 19),
  };
}

/** From and to all machines. */
function openStackRules(kops: number, key: string): readonly Traffic[] {
  switch (key) {
    case 'calico':
      return ['TCP 179', 'IP protocol 4'];
    case 'kuberouter':
      return ['IP protocol 4'];
    case 'flannel':
      return ['UDP 8285', 'UDP 8472'];
    case 'kopeio':
      return ['UDP 4789'];
    case 'weave':
      return kops <= 27 ? ['TCP 6783', 'UDP 6783', 'UDP 6784'] : [];
    case 'romana':
      return kops <= 18 ? ['TCP 9600'] : [];
    case 'cilium':
      return [
        ...(kops >= 19 ? (['UDP 8472', 'TCP 4240'] as const) : []),
        ...(kops >= 27 ? (['TCP 4244'] as const) : []),
      ];
    default:
      return [];
  }
}
