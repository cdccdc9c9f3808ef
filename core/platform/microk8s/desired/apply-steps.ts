/** What is done once for the whole cluster, after cni.yaml is the same on all nodes. */
import type { MicroK8sSettings } from '../../../config/platform/microk8s-settings.ts';
import type { ManualStep } from '../../manual-step.ts';
import { parseCniManifest, type CniManifest } from '../cni-manifest.ts';
import type { MicroK8sInput } from '../report-microk8s.ts';
import type { CalicoSetting } from './calico-setting.ts';

const daemonSet = '-n kube-system daemonset/calico-node';

/** @returns nothing where cni.yaml of this node says all of it already */
export function applySteps(
  { podCidr }: MicroK8sSettings,
  settings: readonly CalicoSetting[],
  { manifest: { path, ...manifest } }: MicroK8sInput,
): readonly ManualStep[] {
  if (manifest.state !== 'text') return [];
  const read = parseCniManifest(path, manifest.text);
  const due = settings.filter((setting) => !isInForce(setting, read));
  if (due.length === 0) return [];
  return [
    {
      title: 'apply cni.yaml, once, on one control plane',
      why: 'cni.yaml is the same on all nodes, and kubelite of all nodes has read its arguments; a ConfigMap alone restarts no pod',
      commands: [
        `microk8s kubectl apply -f ${path}`,
        `microk8s kubectl rollout restart ${daemonSet}`,
        `microk8s kubectl rollout status ${daemonSet} --timeout=10m`,
      ],
    },
    ...(podCidr === undefined ? [] : [recreate(podCidr.value[0]?.value.cidr ?? '')]),
  ];
}

function recreate(range: string): ManualStep {
  return {
    title: 'recreate the pods with an address of the range before',
    why: `a pod keeps its address until it is made again; addresses outside of ${range} are the ones`,
    commands: [
      'microk8s kubectl get pods -A -o jsonpath=\'{range .items[?(@.spec.hostNetwork!=true)]}{.status.podIP}{"\\t"}{.metadata.namespace}{"/"}{.metadata.name}{"\\n"}{end}\'',
      'microk8s kubectl rollout restart -n NAMESPACE deployment/NAME',
    ],
  };
}

function isInForce(setting: CalicoSetting, { config, daemonSets }: CniManifest): boolean {
  const [node] = daemonSets;
  if (setting.of === 'config') return config.get(setting.key)?.text === setting.value;
  if (setting.of === 'env') return node?.env.get(setting.name)?.text === setting.value;
  const probe = setting.probe === 'livenessProbe' ? node?.liveness : node?.readiness;
  return (probe?.arguments.includes(setting.argument) ?? false) === setting.isThere;
}
