/** crossSubnet of document and command → the fields that have its effect in this kops. */
import type { YamlChange } from '../../yaml-edit/edit-yaml.ts';
import { cloudOf, type JudgedCluster } from '../document/facts.ts';
import { entryAt, valueAt } from '../document/read-clusters.ts';
import { textOf } from '../../config/yaml/read-values.ts';

const calico = ['spec', 'networking', 'calico'] as const;

/** kops 1.22 made CrossSubnet the default, and ignores the field (pkg/model/components/calico.go). */
const crossSubnetUnusedSince = 22;

/**
 * @returns undefined: the field still has this effect in this kops
 */
export function crossSubnetChanges(
  cluster: JudgedCluster,
  value: boolean,
): readonly YamlChange[] | undefined {
  if (cluster.target.kops < crossSubnetUnusedSince && cluster.api === 2) return undefined;
  const isVxlan = textOf(valueAt(cluster, [...calico, 'encapsulationMode']))?.value === 'vxlan';
  const mode = isVxlan ? 'vxlanMode' : 'ipipMode';
  const old = entryAt(cluster, [...calico, 'crossSubnet']);
  return [
    ...(old === undefined ? [] : [{ kind: 'unset' as const, path: [...calico, 'crossSubnet'] }]),
    { kind: 'set', path: [...calico, mode], value: value ? 'CrossSubnet' : 'Always' },
    ...(value && cloudOf(cluster) === 'aws'
      ? [{ kind: 'set' as const, path: [...calico, 'awsSrcDstCheck'], value: 'Disable' }]
      : []),
  ];
}
