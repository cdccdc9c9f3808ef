import { k3sContradictions } from '../../platform/k3s-contradictions.ts';
import { k3sBackends, k3sComponents, type K3sSettings } from '../../platform/k3s-settings.ts';
import type { Findings } from '../../../findings.ts';
import type { Place } from '../../../issue.ts';
import { withoutUndefined } from '../../../without-undefined.ts';
import type { Located } from '../../yaml/located.ts';
import { booleanOf, fieldsOf, itemsOf, oneOf, textOf } from '../../yaml/read-values.ts';
import { readRestarts } from './read-restarts.ts';
import { readAddresses, readNetworks } from './read-networks.ts';

/** @param usual the place of a section that is absent */
export function readK3s(node: Located | undefined, usual: Place, findings: Findings): K3sSettings {
  const fields = fieldsOf(node);
  const settings: K3sSettings = withoutUndefined({
    clusterCidr: readNetworks(fields.get('clusterCidr'), findings),
    serviceCidr: readNetworks(fields.get('serviceCidr'), findings),
    clusterDns: readAddresses(fields.get('clusterDns'), findings),
    clusterDomain: textOf(fields.get('clusterDomain')),
    flannelBackend: oneOf(fields.get('flannelBackend'), k3sBackends),
    disable: readDisable(fields.get('disable')),
    disableNetworkPolicy: booleanOf(fields.get('disableNetworkPolicy')),
    cni: oneOf(fields.get('cni'), ['flannel', 'calico'] as const),
    loadBalancer: oneOf(fields.get('loadBalancer'), ['servicelb', 'metallb'] as const),
    restart: readRestarts(fields.get('restart')),
    place: node?.place ?? usual,
  });
  findings.add(k3sContradictions(settings));
  return settings;
}

function readDisable(node: Located | undefined): K3sSettings['disable'] {
  if (node?.kind !== 'list') return undefined;
  const value = itemsOf(node).flatMap((item) => oneOf(item, k3sComponents) ?? []);
  return { value, place: node.place };
}
