/** An address on an interface of this machine, with its properties in the kernel. */
import { addressBits } from '../../config/net/address.ts';
import type { NodeAddress } from '../facts.ts';

export interface HostAddress extends NodeAddress {
  readonly prefixLength: number;
  readonly interface: string;
  /** The interface is the loopback. */
  readonly loopback?: boolean;
  /** The interface is a tunnel for the kernel, whatever its name. */
  readonly tunnel?: boolean;
  /** The interface has the default route of the address's family. */
  readonly defaultRoute?: boolean;
  /** It has a lifetime: SLAAC, DHCPv6. Known of IPv6 only. */
  readonly dynamic?: boolean;
  /** RFC 4862, RFC 8981. Known of IPv6 only; absent: none of these. */
  readonly state?: 'tentative' | 'failed' | 'deprecated' | 'temporary';
}

/**
 * Interfaces of Calico, LXD, Incus and LXC, Docker, libvirt, Multipass, CNI plugins, kube-proxy and
 * the node-local DNS cache. Compare calico-node's own list: node/pkg/lifecycle/startup/autodetection/autodetection.go.
 */
const madeByOthers =
  /^(cali.*|tunl\d*|gre\d+|gretap\d+|ip6tnl\d*|sit\d+|vxlan[-.].*|wg.*|wireguard\.cali|bpf(in|out)\.cali|lxdbr.*|lxcbr.*|lxd.*|incusbr.*|mpqemubr.*|docker.*|nerdctl.*|antrea-.*|ovn-k8s-.*|br-[0-9a-f]{12}|virbr.*|fan-.*|ftun.*|cni.*|cbr.*|flannel.*|cilium_.*|lxc.*|weave.*|veth.*|kube-ipvs.*|kube-bridge|nodelocaldns|dummy.*|vnet\d+|tap.*|tailscale.*|podman\d*)$/;

export function isMadeByOthers(interfaceName: string): boolean {
  return madeByOthers.test(interfaceName);
}

/**
 * An address without a subnet: /32 or /128. Beside another address it is a virtual one, or from
 * DHCP.
 */
export function isSingle({ family, prefixLength }: NodeAddress): boolean {
  return prefixLength === addressBits[family];
}

/**
 * The addresses that may be chosen, best first. Equally good ones stay in the kernel's order, in
 * which a primary address comes before the secondary ones of its subnet.
 */
export function rankHostAddresses(addresses: readonly HostAddress[]): readonly HostAddress[] {
  return addresses.filter(isUsable).toSorted((one, other) => rank(one) - rank(other));
}

function isUsable({ interface: name, loopback, tunnel, state }: HostAddress): boolean {
  return loopback !== true && tunnel !== true && state === undefined && !isMadeByOthers(name);
}

function rank(address: HostAddress): number {
  return (
    (isSingle(address) ? 4 : 0) +
    (address.defaultRoute === true ? 0 : 2) +
    (address.dynamic === true ? 1 : 0)
  );
}

/** Interfaces of containers, services and Calico, whose addresses are never a node's own. */
const ofContainers =
  /^(cali.*|tunl\d*|vxlan\.calico|vxlan-v6\.calico|wireguard\.cali|wg-v6\.cali|bpf(in|out)\.cali|lxdbr.*|lxcbr.*|incusbr.*|mpqemubr.*|docker.*|nerdctl.*|antrea-.*|ovn-k8s-.*|br-[0-9a-f]{12}|virbr.*|fan-.*|ftun.*|cni.*|cbr.*|flannel.*|cilium_.*|lxc.*|veth.*|kube-ipvs.*|kube-bridge|nodelocaldns)$/;

/**
 * Finds an address on the host that Calico's Node or an earlier choice names. The loopback, dummy
 * interfaces and a VPN count here, because some machines speak BGP from such an address.
 */
export function findOnHost(
  address: string,
  addresses: readonly HostAddress[],
): HostAddress | undefined {
  return addresses.find(
    (one) => one.address === address && one.state !== 'failed' && !ofContainers.test(one.interface),
  );
}
