import { issueAt } from '../../findings.ts';
import type { Issue, Place } from '../../issue.ts';
import type { MicroK8sSettings } from './microk8s-settings.ts';

/** Settings of the section that contradict each other, whatever the node has. */
export function microK8sContradictions(settings: MicroK8sSettings): readonly Issue[] {
  return [...ofCni(settings), ...recreatesNothing(settings)];
}

function recreatesNothing({ recreatePods, podCidr }: MicroK8sSettings): readonly Issue[] {
  if (recreatePods?.value !== true || podCidr !== undefined) return [];
  const message =
    'without podCidr recreatePods does nothing: the agent knows no range that pods have to leave';
  const hint = 'add podCidr with the range of the cluster, or leave recreatePods out';
  return [issueAt(recreatePods.place, 'warning', 'microk8s-no-pod-range', message, hint)];
}

function ofCni(settings: MicroK8sSettings): readonly Issue[] {
  switch (settings.cni?.value) {
    case 'flannel':
      return [...ofCalico(settings), ...checkRange(settings, settings.cni.place)];
    case 'kube-ovn':
      return [destructive(settings.cni.place)];
    case 'calico':
    case undefined:
      return [];
  }
}

function ofCalico({ ipAutodetection, mode, mtu }: MicroK8sSettings): readonly Issue[] {
  return Object.entries({
    ipAutodetection: ipAutodetection?.ipv4 ?? ipAutodetection?.ipv6,
    mode,
    mtu,
  }).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const message = `${name} is a setting of Calico's, and cni is flannel`;
    return [issueAt(value.place, 'error', 'microk8s-not-calico', message, 'leave it out')];
  });
}

function checkRange({ podCidr }: MicroK8sSettings, usual: Place): readonly Issue[] {
  const [first, second] = podCidr?.value ?? [];
  if (first?.value.family === 4 && second === undefined) return [];
  const message = 'flannel needs one pod range of IPv4, for itself and for kube-controller-manager';
  const hint = 'write podCidr: 10.1.0.0/16, or the range that you use';
  return [issueAt(podCidr?.place ?? usual, 'error', 'microk8s-flannel-range', message, hint)];
}

function destructive(place: Place): Issue {
  const message =
    'the agent does not install Kube-OVN from a configuration: every pod and every address of Calico is lost';
  const hint =
    'calico-agent microk8s switch-cni kube-ovn shows what is lost, and does it with --destroy';
  return issueAt(place, 'error', 'microk8s-destructive', message, hint);
}
