/**
 * The DaemonSets by which a provider is known in a cluster: the templates below
 * upup/models/cloudup/resources/addons/networking.* of the release branches 1.14 to 1.36. Names with
 * an architecture (kube-flannel-ds-amd64) are of the providers' own manifests.
 */
import type { LivingWorkload } from './living-cluster.ts';

const daemonSets: readonly (readonly [RegExp, string])[] = [
  [/^calico-node$/, 'calico'],
  [/^canal$/, 'canal'],
  [/^kube-flannel-ds(?:-[a-z0-9]+)?$/, 'flannel'],
  [/^weave-net$/, 'weave'],
  [/^cilium$/, 'cilium'],
  [/^kube-router$/, 'kuberouter'],
  [/^aws-node$/, 'amazonvpc'],
  [/^kindnet$/, 'kindnet'],
  [/^romana-agent$/, 'romana'],
  [/^kopeio-networking-agent$/, 'kopeio'],
];

/** With these kops installs no CNI: whatever runs was installed by a person. */
export const withoutOwnCni: ReadonlySet<string> = new Set(['cni', 'external']);

export interface FoundCni {
  /** The provider's key in v1alpha2. */
  readonly key: string;
  /** `kube-system/calico-node`. */
  readonly daemonSet: string;
  /** kops installs all of them there. */
  readonly isInKubeSystem: boolean;
}

export function cnisOf(workloads: readonly LivingWorkload[]): readonly FoundCni[] {
  return workloads.flatMap(({ namespace, name }): readonly FoundCni[] => {
    const [, key] = daemonSets.find(([pattern]) => pattern.test(name)) ?? [];
    if (key === undefined) return [];
    const isInKubeSystem = namespace === 'kube-system';
    return [{ key, daemonSet: `${namespace}/${name}`, isInKubeSystem }];
  });
}
