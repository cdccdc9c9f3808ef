/** Checks of a node's CNI that need the cluster: its pods here, the pods of DNS, and flannel's annotations. */
import { nameSome } from '../../name-some.ts';
import type {
  Platform,
  PlatformIssue,
  PlatformProperty,
} from '../../../schemas/generated/agent-api/platform.ts';
import type { ClusterNode, ClusterPod } from '../cluster/observed-cluster.ts';
import { fileIssue } from '../file-issues.ts';
import { checkNodeTunnels } from './check-tunnels.ts';
import type { HostLink } from './parse-links.ts';

export interface ClusterCni {
  readonly platform: Platform['platform'];
  /** Undefined: the cluster has no such Node. */
  readonly node: ClusterNode | undefined;
  /** All pods on this node. */
  readonly pods: readonly ClusterPod[];
  /** The pods of DNS in the whole cluster. */
  readonly dns: readonly ClusterPod[];
  /** Undefined: the kernel cannot be asked. */
  readonly links: readonly HostLink[] | undefined;
  /** The programs of the CNI configuration in force; empty: not known. */
  readonly plugins: readonly string[];
  /** The command that reaches the API server. */
  readonly kubectl: string;
}

/** The issues that only the cluster can say. */
export const clusterCniCodes = [
  ...['node-not-ready', 'cni-pod-not-ready', 'cni-pod-absent', 'several-cnis', 'dns-not-ready'],
  ...['flannel-vni-differs', 'cni-no-tunnel', 'k3s-servers-differ', 'cni-living-differs'],
];

interface CniReport {
  readonly properties: PlatformProperty[];
  readonly issues: PlatformIssue[];
}

export function checkClusterCni(input: ClusterCni): CniReport {
  const { node, pods, dns, links, kubectl } = input;
  const ofCni = pods.filter(isOfCni);
  return {
    properties: [
      ...(ofCni.length === 0
        ? []
        : [
            {
              name: 'CNI pods',
              value: nameSome(
                ofCni.map(({ name, ready: is }) => `${name} (${is ? 'ready' : 'not ready'})`),
              ),
            },
          ]),
      ...(node === undefined || node.podCidrs.length === 0
        ? []
        : [{ name: 'pod CIDR of the Node', value: node.podCidrs.join(', ') }]),
    ],
    issues: [
      ...notReady(node),
      ...ofCni.filter(({ ready }) => !ready).map((pod) => podNotReady(pod, kubectl)),
      ...noPod(input, ofCni),
      ...severalCnis(ofCni, input),
      ...checkDns(dns),
      ...checkVni(node, links),
      ...checkNodeTunnels(node?.calicoTunnels ?? [], links, kubectl),
    ],
  };
}

/** The DaemonSets of the CNIs that the agent knows. K3s runs flannel inside of its own process. */
const daemonSets = {
  Calico: /^(?:calico-node|(?:.+-)?canal)$/,
  flannel: /^kube-flannel(?:-ds.*)?$/,
  Cilium: /^cilium$/,
  'Kube-OVN': /^kube-ovn-cni$/,
  'kube-router': /^kube-router$/,
  weave: /^weave-net$/,
} as const;

function cniOf({ controller }: ClusterPod): string | undefined {
  if (controller?.kind !== 'DaemonSet') return undefined;
  return Object.entries(daemonSets).find(([, form]) => form.test(controller.name))?.[0];
}

function isOfCni(pod: ClusterPod): boolean {
  return cniOf(pod) !== undefined;
}

function notReady(node: ClusterNode | undefined): readonly PlatformIssue[] {
  if (node === undefined || node.ready) return [];
  const message = `Kubernetes calls this node not Ready: ${node.why ?? 'no reason given'}`;
  return [fileIssue('error', undefined, { code: 'node-not-ready', message })];
}

/** These run nowhere else than in a pod of their DaemonSet. flannel may be a process of the platform. */
const ofDaemonSet = { calico: 'Calico', 'cilium-cni': 'Cilium', 'kube-ovn': 'Kube-OVN' } as const;

function noPod(
  { platform, node, plugins, kubectl }: ClusterCni,
  pods: readonly ClusterPod[],
): readonly PlatformIssue[] {
  // Without a Node, the name that the pods were asked for is not the name of this node in Kubernetes.
  if (node === undefined) return [];
  // The calico charm runs calico-node as a service of the host.
  if (platform === 'charmed-kubernetes') return [];
  const running = new Set(pods.map(cniOf));
  return Object.entries(ofDaemonSet).flatMap(([plugin, cni]) => {
    if (!plugins.includes(plugin) || running.has(cni)) return [];
    const message = `${cni} is in force here by its configuration, and no pod of its DaemonSet runs on this node: nobody gives new pods a network`;
    const hint = `${kubectl} get daemonsets --all-namespaces shows where it is; a taint or node selector may keep it away`;
    return [fileIssue('error', undefined, { code: 'cni-pod-absent', message, hint })];
  });
}

function podNotReady({ namespace, name, why, phase }: ClusterPod, kubectl: string): PlatformIssue {
  const message = `the pod of the CNI on this node is not ready: ${namespace}/${name}: ${why ?? phase}`;
  const hint = `${kubectl} -n ${namespace} describe pod ${name}`;
  return fileIssue('error', undefined, { code: 'cni-pod-not-ready', message, hint });
}

/** Plugins of a CNI that works behind another one, in the same configuration. */
const chainedPlugins = { 'cilium-cni': 'Cilium' } as const;

/**
 * Cilium may be chained onto Calico (cni-chaining-mode): its plugin then stands behind another one in the configuration in
 * force, both DaemonSets are needed, and nothing is wrong. Source: docs.cilium.io, CNI chaining.
 */
function isChained(names: readonly string[], plugins: readonly string[]): boolean {
  return Object.entries(chainedPlugins).some(
    ([plugin, cni]) => names.includes(cni) && plugins.indexOf(plugin) > 0,
  );
}

function severalCnis(
  pods: readonly ClusterPod[],
  { plugins, kubectl }: Pick<ClusterCni, 'plugins' | 'kubectl'>,
): readonly PlatformIssue[] {
  const names = [...new Set(pods.flatMap((pod) => cniOf(pod) ?? []))];
  if (names.length < 2) return [];
  if (isChained(names, plugins)) return [];
  const message = `pods of several CNIs run on this node: ${names.join(' and ')}`;
  const other = 'delete the DaemonSet of the CNI that is not to be in force';
  const hint = names.includes('Cilium')
    ? `see whether Cilium is chained onto the other CNI, which needs both: ${kubectl} -n kube-system get configmap cilium-config -o yaml shows cni-chaining-mode; only where it is "none" or absent, ${other}`
    : other;
  return [fileIssue('warning', undefined, { code: 'several-cnis', message, hint })];
}

function checkDns(dns: readonly ClusterPod[]): readonly PlatformIssue[] {
  if (dns.some(({ ready }) => ready)) return [];
  const bad = dns.map(({ namespace, name, why, phase }) => `${namespace}/${name}: ${why ?? phase}`);
  const message =
    dns.length === 0
      ? 'the cluster has no pod of DNS (label k8s-app=kube-dns): pods find no Service by its name'
      : `no pod of DNS is ready: ${nameSome(bad)}`;
  const severity = dns.length === 0 ? 'warning' : 'error';
  return [fileIssue(severity, undefined, { code: 'dns-not-ready', message })];
}

/** Source: flannel pkg/backend/vxlan: the interface is flannel.VNI. */
function checkVni(
  node: ClusterNode | undefined,
  links: readonly HostLink[] | undefined,
): readonly PlatformIssue[] {
  const vni = node?.flannel?.vni;
  if (vni === undefined || links === undefined) return [];
  const own = links.filter(({ name }) => /^flannel\.\d+$/.test(name)).map(({ name }) => name);
  if (own.length === 0 || own.includes(`flannel.${String(vni)}`)) return [];
  const message = `flannel wrote VNI ${String(vni)} into the Node, and this node has ${nameSome(own)}: other nodes send to the wrong interface`;
  const hint = 'restart flannel on this node, and delete the interface of the other VNI';
  return [fileIssue('error', undefined, { code: 'flannel-vni-differs', message, hint })];
}
