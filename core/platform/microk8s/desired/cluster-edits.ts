/**
 * What has to be in the cluster where cni.yaml has these settings: MicroK8s applies the file once, when the cluster is
 * made. Only the settings that the section names, and not the whole file: `microk8s join` writes another address into
 * the file of each node, and agents would correct each other.
 */
import type { MicroK8sSettings } from '../../../config/platform/microk8s-settings.ts';
import {
  containerPath,
  dataEdit,
  environmentEdit,
  type ClusterEdit,
  type ObjectEdit,
} from '../../cluster/cluster-edit.ts';
import type { ObjectRef } from '../../cluster/object-ref.ts';
import { digestOfFile } from '../../due-restarts.ts';
import type { ManualStep } from '../../manual-step.ts';
import { reasonOf, type CalicoSetting } from './calico-setting.ts';

const namespace = 'kube-system';
const node: ObjectRef = { kind: 'DaemonSet', namespace, name: 'calico-node' };
const config: ObjectRef = { kind: 'ConfigMap', namespace, name: 'calico-config' };

/** As for several hundred nodes, one after the other. */
const rolloutSeconds = 6 * 3600;

/** Before Calico's resources change: a pool in IPIP needs BIRD for its routes. */
const early = -1;
/** On the way back to VXLAN the pools change first, as long as BIRD is there. */
const late = 0;
const afterPools = 1;

/** @param path of cni.yaml */
export function clusterEdits(
  { mode, podCidr, recreatePods, place }: MicroK8sSettings,
  all: readonly CalicoSetting[],
  path: string,
): readonly ClusterEdit[] {
  const settings = all.filter((setting) => setting.of !== 'env' || setting.isOfThisNode !== true);
  if (settings.length === 0) return [];
  const isToVxlan = mode?.value === 'vxlan';
  const stageOf = (setting: CalicoSetting): number => {
    if (!isToVxlan) return early;
    // kube-proxy and the DaemonSet have the range before a pool of it is there.
    return podCidr !== undefined && setting.of !== 'config' ? early : late;
  };
  const byHand = applyByHand(path);
  // Pods read the ConfigMap at their start, and the change of the DaemonSet starts them.
  const inOrder = settings.toSorted((one, other) => rank(one) - rank(other));
  const objects = inOrder.map((setting) => editOf(setting, stageOf(setting), byHand));
  const stages = objects.map(({ stage = 0 }) => stage);
  const values = inOrder.map((setting) => ({ ...setting, reasons: [] }));
  const rollout: ClusterEdit = {
    form: 'rollout',
    workload: node,
    mark: digestOfFile(JSON.stringify(values)).slice(0, 16),
    after: [config, node],
    withinSeconds: rolloutSeconds,
    stage: Math.max(...stages),
    reasons: settings[0]?.reasons ?? reasonOf('mode', place),
    byHand,
  };
  const withRollout = [...objects, rollout];
  if (podCidr === undefined) return withRollout;
  const cidrs = podCidr.value.map(({ value }) => value.cidr);
  return [
    ...withRollout,
    {
      form: 'recreate-pods',
      how: recreatePods?.value === true ? 'recreate' : 'list',
      cidrs,
      stage: afterPools,
      reasons: reasonOf('podCidr', podCidr.place),
      byHand: recreateByHand(cidrs.join(', ')),
    },
  ];
}

function rank({ of }: CalicoSetting): number {
  return of === 'config' ? 0 : 1;
}

function editOf(setting: CalicoSetting, stage: number, byHand: ManualStep): ObjectEdit {
  const asked = { reasons: setting.reasons, stage, byHand };
  switch (setting.of) {
    case 'config':
      return dataEdit(config, setting.key, setting.value, asked);
    case 'env':
      return environmentEdit(node, node.name, setting.name, setting.value, asked);
    case 'probe': {
      const { probe, argument, isThere } = setting;
      const at = [...containerPath(node.name), probe, 'exec', 'command', { item: argument }];
      const value = isThere ? argument : undefined;
      return { form: 'field', object: node, path: at, value, ...asked };
    }
  }
}

const daemonSet = '-n kube-system daemonset/calico-node';

function applyByHand(path: string): ManualStep {
  return {
    title:
      'apply cni.yaml, once, on the first control plane, when the difference is the one you asked for',
    why: 'join writes another address (can-reach) into the file of each node, and the one of the node that the others joined has the value of the cluster; a ConfigMap alone restarts no pod',
    commands: [
      `microk8s kubectl diff -f ${path}`,
      `microk8s kubectl apply -f ${path}`,
      `microk8s kubectl rollout restart ${daemonSet}`,
      `microk8s kubectl rollout status ${daemonSet} --timeout=10m`,
    ],
  };
}

function recreateByHand(range: string): ManualStep {
  return {
    title: 'recreate the pods with an address of the range before',
    why: `a pod keeps its address until it is made again; addresses outside of ${range} are the ones`,
    commands: [
      'microk8s kubectl get pods -A -o jsonpath=\'{range .items[?(@.spec.hostNetwork!=true)]}{.status.podIP}{"\\t"}{.metadata.namespace}{"/"}{.metadata.name}{"\\n"}{end}\'',
      'microk8s kubectl rollout restart -n NAMESPACE deployment/NAME',
    ],
  };
}
