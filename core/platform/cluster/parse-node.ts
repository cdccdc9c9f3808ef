/** A Node of Kubernetes, as its kubelet and its CNI report it. */
import { parseJson } from '../../input/parse-json.ts';
import { jsonBounds } from '../../input/bounds.ts';
import { isMap, listAt, textAt, textMapAt, textsAt, valueAt } from '../../input/plain-data.ts';
import { printable } from '../../printable.ts';
import type { ClusterNode, FlannelAnnotations } from './observed-cluster.ts';

const rolePrefix = 'node-role.kubernetes.io/';
/** Source: canonical/microk8s, scripts/cluster/join.py and microk8s-resources/actions/common/utils.sh. */
const microk8sPrefix = 'node.kubernetes.io/microk8s-';
const controlPlanes: ReadonlySet<string> = new Set(['control-plane', 'controlplane', 'master']);

/** Undefined: it is no Node. */
export function parseNode(item: unknown): ClusterNode | undefined {
  const name = textAt(item, 'metadata', 'name');
  if (name === undefined) return undefined;
  const roles = rolesOf(Object.keys(textMapAt(item, 'metadata', 'labels')));
  const kubeletVersion = textAt(item, 'status', 'nodeInfo', 'kubeletVersion');
  const annotations = textMapAt(item, 'metadata', 'annotations');
  const flannel = flannelOf(annotations);
  const k3sArguments = annotations['k3s.io/node-args'];
  const calicoTunnels = tunnelAddresses.flatMap(([address, tunnel]) =>
    (annotations[`projectcalico.org/${address}`] ?? '') === '' ? [] : [tunnel],
  );
  return {
    name,
    ...readinessOf(item),
    unschedulable: valueAt(item, 'spec', 'unschedulable') === true,
    isControlPlane: roles.some((role) => controlPlanes.has(role)),
    roles,
    addresses: listAt(item, 'status', 'addresses').flatMap((one) => {
      const [type, address] = [textAt(one, 'type'), textAt(one, 'address')];
      return type === undefined || address === undefined ? [] : [{ type, address }];
    }),
    podCidrs: podCidrsOf(item),
    ...(kubeletVersion !== undefined && { kubeletVersion }),
    ...(flannel !== undefined && { flannel }),
    ...(calicoTunnels.length > 0 && { calicoTunnels }),
    ...(k3sArguments !== undefined && { k3sArguments }),
  };
}

/** Source: calico libcalico-go lib/backend/k8s/resources/node.go. */
const tunnelAddresses = [
  ['IPv4VXLANTunnelAddr', 'vxlan'],
  ['IPv6VXLANTunnelAddr', 'vxlan-v6'],
  ['IPv4IPIPTunnelAddr', 'ipip'],
] as const;

function rolesOf(labels: readonly string[]): readonly string[] {
  return labels.flatMap((label) => {
    if (label.startsWith(rolePrefix)) return [label.slice(rolePrefix.length)];
    return label.startsWith(microk8sPrefix) ? [label.slice(microk8sPrefix.length)] : [];
  });
}

/** A Node without the condition has just registered, and is not ready. */
function readinessOf(item: unknown): Pick<ClusterNode, 'ready' | 'why'> {
  const condition = listAt(item, 'status', 'conditions').find(
    (one) => textAt(one, 'type') === 'Ready',
  );
  if (condition === undefined) return { ready: false, why: 'its kubelet has not reported yet' };
  if (textAt(condition, 'status') === 'True') return { ready: true };
  const parts = [textAt(condition, 'reason'), textAt(condition, 'message')];
  const why = parts.filter((part) => part !== undefined && part !== '').join(': ');
  return { ready: false, why: printable(why === '' ? 'it is not Ready' : why.slice(0, 300)) };
}

function podCidrsOf(item: unknown): readonly string[] {
  const all = textsAt(item, 'spec', 'podCIDRs');
  const one = textAt(item, 'spec', 'podCIDR');
  return all.length > 0 || one === undefined ? all : [one];
}

const flannelPrefix = 'flannel.alpha.coreos.com/';

function flannelOf(annotations: Readonly<Record<string, string>>): FlannelAnnotations | undefined {
  const backendType = annotations[`${flannelPrefix}backend-type`];
  const publicIp = annotations[`${flannelPrefix}public-ip`];
  const data = annotations[`${flannelPrefix}backend-data`];
  if (backendType === undefined && publicIp === undefined && data === undefined) return undefined;
  const parsed = data === undefined ? undefined : parseJson(data, jsonBounds.annotation);
  const values = parsed?.ok === true && isMap(parsed.data) ? parsed.data : {};
  const vni = valueAt(values, 'VNI');
  const vtepMac = textAt(values, 'VtepMAC');
  return {
    ...(backendType !== undefined && { backendType }),
    ...(typeof vni === 'number' && { vni }),
    ...(vtepMac !== undefined && { vtepMac }),
    ...(publicIp !== undefined && { publicIp }),
  };
}
