/** The settings of calico-node that its DaemonSet has, also by way of a ConfigMap. */
import type { LivingCluster, LivingWorkload } from './living-cluster.ts';

const namespace = 'kube-system';
const configMapName = 'calico-config';

export type Setting =
  | {
      readonly state: 'set';
      readonly value: string;
      readonly object: string;
      readonly field: string;
    }
  | { readonly state: 'absent' }
  | { readonly state: 'unknown'; readonly why: string };

/** The DaemonSet that kops installs; undefined: there is none. */
export function calicoNodeOf(workloads: readonly LivingWorkload[]): LivingWorkload | undefined {
  return kubeSystem(workloads, 'calico-node');
}

export function kubeSystem(
  workloads: readonly LivingWorkload[],
  name: string,
): LivingWorkload | undefined {
  return workloads.find((one) => one.namespace === namespace && one.name === name);
}

export function variableOf(
  workload: LivingWorkload,
  variable: string,
  config: LivingCluster['config'],
): Setting {
  const container = workload.containers.find(({ name }) => name === 'calico-node');
  const found = container?.variables[variable];
  if (found === undefined) return { state: 'absent' };
  switch (found.from) {
    case 'value':
      return {
        state: 'set',
        value: found.value,
        object: `DaemonSet ${namespace}/${workload.name}`,
        field: `env ${variable}`,
      };
    case 'config-map':
      if (found.configMap !== configMapName) {
        return { state: 'unknown', why: `it comes from ConfigMap ${found.configMap}` };
      }
      return configOf(found.key, config);
    case 'elsewhere':
      return { state: 'unknown', why: 'its value is neither in the DaemonSet nor in a ConfigMap' };
  }
}

/** @param key a key of ConfigMap calico-config */
export function configOf(key: string, config: LivingCluster['config']): Setting {
  if (!config.isRead) return { state: 'unknown', why: config.why };
  const value = config.value?.[key];
  if (value === undefined) return { state: 'absent' };
  return {
    state: 'set',
    value: value.trim(),
    object: `ConfigMap ${namespace}/${configMapName}`,
    field: `data.${key}`,
  };
}
