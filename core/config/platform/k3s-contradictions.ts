import { issueAt } from '../../findings.ts';
import type { Issue, Place } from '../../issue.ts';
import type { K3sSettings } from './k3s-settings.ts';

/** Settings of the section that contradict each other, whatever the node has. */
export function k3sContradictions(settings: K3sSettings): readonly Issue[] {
  const { cni, flannelBackend, disableNetworkPolicy, disable, loadBalancer } = settings;
  const issues: Issue[] = [];
  const refuse = (place: Place, message: string, hint: string): void => {
    issues.push(issueAt(place, 'error', 'k3s-settings-differ', message, hint));
  };
  const backend = flannelBackend?.value;
  if (flannelBackend !== undefined && cni !== undefined) {
    if (cni.value === 'calico' && backend !== 'none') {
      const message = `k3s.cni is calico, and k3s.flannelBackend "${String(backend)}" runs flannel beside it`;
      refuse(flannelBackend.place, message, 'leave flannelBackend out: Calico needs "none"');
    }
    if (cni.value === 'flannel' && backend === 'none') {
      const message = 'k3s.cni is flannel, and k3s.flannelBackend "none" takes flannel away';
      refuse(flannelBackend.place, message, 'leave flannelBackend out, or name a backend');
    }
  }
  if (cni?.value === 'calico' && disableNetworkPolicy?.value === false) {
    const message = "k3s.cni is calico, and K3s' own controller would enforce network policies too";
    refuse(disableNetworkPolicy.place, message, 'leave disableNetworkPolicy out');
  }
  const disabled = disable?.value.find(({ value }) => value === 'servicelb');
  if (loadBalancer?.value === 'servicelb' && disabled !== undefined) {
    const message = 'k3s.loadBalancer is servicelb, and k3s.disable takes it away';
    refuse(disabled.place, message, 'take one of the two away');
  }
  return issues;
}
