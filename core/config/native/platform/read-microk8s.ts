import { microK8sContradictions } from '../../platform/microk8s-contradictions.ts';
import type { BesideMicroK8s, MicroK8sSettings } from '../../platform/microk8s-settings.ts';
import type { Findings } from '../../../findings.ts';
import type { Place } from '../../../issue.ts';
import { withoutUndefined } from '../../../without-undefined.ts';
import type { Located } from '../../yaml/located.ts';
import { booleanOf, fieldsOf, integerOf, oneOf, textOf } from '../../yaml/read-values.ts';
import { methodIssue } from '../../platform/autodetection-method.ts';
import { readRestarts } from './read-restarts.ts';
import { readNetworks } from './read-networks.ts';

/** @param usual the place of a section that is absent */
export function readMicroK8s(
  node: Located | undefined,
  usual: Place,
  beside: BesideMicroK8s,
  findings: Findings,
): MicroK8sSettings {
  const fields = fieldsOf(node);
  const autodetection = fields.get('ipAutodetection');
  const settings: MicroK8sSettings = withoutUndefined({
    ipAutodetection: autodetection === undefined ? undefined : methodsOf(autodetection, findings),
    mode: oneOf(fields.get('mode'), ['bgp', 'vxlan'] as const),
    podCidr: readNetworks(fields.get('podCidr'), findings),
    recreatePods: booleanOf(fields.get('recreatePods')),
    serviceCidr: readNetworks(fields.get('serviceCidr'), findings),
    mtu: integerOf(fields.get('mtu')),
    cni: oneOf(fields.get('cni'), ['calico', 'flannel', 'kube-ovn'] as const),
    restart: readRestarts(fields.get('restart')),
    beside,
    place: node?.place ?? usual,
  });
  findings.add(microK8sContradictions(settings));
  return settings;
}

function methodsOf(
  node: Located,
  findings: Findings,
): NonNullable<MicroK8sSettings['ipAutodetection']> {
  const fields = fieldsOf(node);
  const [ipv4, ipv6] = [textOf(fields.get('ipv4')), textOf(fields.get('ipv6'))];
  findings.add(
    [
      ...(ipv4 === undefined ? [] : [methodIssue(4, ipv4)]),
      ...(ipv6 === undefined ? [] : [methodIssue(6, ipv6)]),
    ].filter((issue) => issue !== undefined),
  );
  return withoutUndefined({ ipv4, ipv6 });
}
