/**
 * Whether the tunnel interfaces are there that Calico's mode needs. Sources: felix dataplane/linux (vxlan_mgr,
 * ipip_mgr) makes them while a pool has the mode; calico node/pkg/allocateip writes an address of the node for
 * each mode into annotations of the Node (libcalico-go lib/backend/k8s/resources/node.go).
 */
import type { Conflist } from './conflist.ts';
import type {
  PlatformIssue,
  PlatformValue,
} from '../../../schemas/generated/agent-api/platform.ts';
import { fileIssue, type FilePlace } from '../file-issues.ts';
import type { HostLink } from './parse-links.ts';

export type CalicoTunnel = 'vxlan' | 'vxlan-v6' | 'ipip';

const interfaces: Readonly<Record<CalicoTunnel, string>> = {
  vxlan: 'vxlan.calico',
  'vxlan-v6': 'vxlan-v6.calico',
  ipip: 'tunl0',
};
const modes: Readonly<Record<CalicoTunnel, string>> = {
  vxlan: 'VXLAN',
  'vxlan-v6': 'VXLAN of IPv6',
  ipip: 'IPIP',
};

/** @param links undefined or empty: the kernel was not asked, because every kernel has lo */
function missingTunnels(
  tunnels: readonly CalicoTunnel[],
  links: readonly HostLink[] | undefined,
): readonly CalicoTunnel[] {
  if (links === undefined || links.length === 0) return [];
  // The kernel makes a tunl0 that is down as soon as its module is loaded; Felix sets it up.
  return tunnels.filter(
    (tunnel) => !links.some(({ name, isUp }) => name === interfaces[tunnel] && isUp),
  );
}

/** By the tunnel addresses that calico-node asked for. */
export function checkNodeTunnels(
  tunnels: readonly CalicoTunnel[],
  links: readonly HostLink[] | undefined,
  kubectl: string,
): readonly PlatformIssue[] {
  return missingTunnels(tunnels, links).map((tunnel) => {
    const name = interfaces[tunnel];
    const message = `the Node has a tunnel address of ${modes[tunnel]}, so a pool has this mode, and this node has no interface ${name} that is up: pods here reach no pod of another node through it`;
    const hint = `Felix makes it: ${kubectl} -n kube-system logs ds/calico-node -c calico-node (with the operator: -n calico-system)`;
    return fileIssue('error', undefined, { code: 'cni-no-tunnel', message, hint });
  });
}

/** The tunnels that cni.yaml asks for when Calico makes its first pools. */
export function tunnelsOfManifest(values: readonly PlatformValue[]): readonly CalicoTunnel[] {
  const valueOf = (name: string): string | undefined =>
    values.find((value) => value.name === name)?.value;
  const isOn = (name: string): boolean =>
    ['always', 'crosssubnet'].includes(valueOf(name)?.toLowerCase() ?? 'never');
  const backend = valueOf('calico_backend');
  return [
    ...(backend === 'vxlan' && isOn('CALICO_IPV4POOL_VXLAN') ? (['vxlan'] as const) : []),
    ...(backend === 'vxlan' &&
    isOn('CALICO_IPV6POOL_VXLAN') &&
    valueOf('FELIX_IPV6SUPPORT')?.toLowerCase() === 'true'
      ? (['vxlan-v6'] as const)
      : []),
    ...(backend === 'bird' && isOn('CALICO_IPV4POOL_IPIP') ? (['ipip'] as const) : []),
  ];
}

/** A warning: the living pools may have another mode than the file. */
export function checkManifestTunnels(
  { plugins, ipam }: Conflist,
  tunnels: readonly CalicoTunnel[],
  links: readonly HostLink[] | undefined,
  place: FilePlace,
): readonly PlatformIssue[] {
  // Calico with the addresses of host-local is Canal, whose tunnels are flannel's.
  if (!plugins.includes('calico') || ipam.includes('host-local')) return [];
  return missingTunnels(tunnels, links).map((tunnel) => {
    const message = `cni.yaml asks for pools with ${modes[tunnel]}, and this node has no interface ${interfaces[tunnel]} that is up: if the pools have this mode, pods here reach no pod of another node`;
    const hint =
      'microk8s kubectl get ippools.crd.projectcalico.org -o yaml shows the modes; microk8s kubectl -n kube-system logs ds/calico-node says why Felix made none';
    return fileIssue('warning', place, { code: 'cni-no-tunnel', message, hint });
  });
}
