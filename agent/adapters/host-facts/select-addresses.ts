/**
 * One BGP address per family. Wrongly detected addresses (a bridge's, a tunnel's, a virtual one)
 * are what hurts Calico's users most often: what another program made for itself never counts.
 */
import type { DefaultRoutes } from '../../../runtime/default-routes.ts';

export interface HostAddress {
  readonly interface: string;
  readonly family: 4 | 6;
  readonly address: string;
  /** With the prefix length. */
  readonly cidr: string;
  readonly internal: boolean;
}

/**
 * Interfaces of Calico, LXD and LXC, Docker, libvirt, CNI plugins, kube-proxy and the node-local
 * DNS cache. Compare calico-node's own list: node/pkg/lifecycle/startup/autodetection/autodetection.go.
 */
const madeByOthers =
  /^(cali.*|tunl\d*|gre\d+|gretap\d+|ip6tnl\d*|sit\d+|vxlan[-.].*|wireguard\.cali|wg-v6\.cali|bpf(in|out)\.cali|lxdbr.*|lxcbr.*|lxd.*|docker.*|br-[0-9a-f]{12}|virbr.*|fan-.*|ftun.*|cni.*|cbr.*|flannel.*|cilium_.*|lxc.*|weave.*|veth.*|kube-ipvs.*|kube-bridge|nodelocaldns|dummy.*|vnet\d+|tap.*|tailscale.*|podman\d*)$/;

export function selectAddresses(
  addresses: readonly HostAddress[],
  tunnels: ReadonlySet<string>,
  defaultRoutes: DefaultRoutes,
): readonly string[] {
  const usable = addresses.filter((one) => isUsable(one) && !tunnels.has(one.interface));
  return ([4, 6] as const).flatMap((family) => {
    const rank = (one: HostAddress): number =>
      (one.interface === defaultRoutes[family] ? 0 : 2) + (isSingle(one) ? 1 : 0);
    const [best] = usable.filter((one) => one.family === family).sort((a, b) => rank(a) - rank(b));
    return best === undefined ? [] : [best.cidr];
  });
}

function isUsable({ interface: name, family, address, internal }: HostAddress): boolean {
  if (internal || madeByOthers.test(name)) return false;
  // Loopback and link-local: RFC 1122, RFC 3927; RFC 4291 sections 2.5.3 and 2.5.6.
  if (family === 4) return !address.startsWith('169.254.') && !address.startsWith('127.');
  return !/^fe[89ab]/i.test(address) && address !== '::1';
}

/** Beside an address with a subnet this is a DHCPv6 lease or a virtual address. */
function isSingle({ family, cidr }: HostAddress): boolean {
  return cidr.endsWith(family === 4 ? '/32' : '/128');
}
