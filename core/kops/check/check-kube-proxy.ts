/** Providers that replace kube-proxy, which kops runs unless spec.kubeProxy.enabled is false. */
import type { Findings } from '../../findings.ts';
import { fieldsOf } from '../../config/yaml/read-values.ts';
import {
  kubeProxyEnabled,
  providerOf,
  type FoundProvider,
  type JudgedCluster,
} from '../document/facts.ts';
import { entryAt } from '../document/read-clusters.ts';

export function checkKubeProxy(cluster: JudgedCluster, findings: Findings): void {
  const found = providerOf(cluster);
  if (found === undefined) return;
  const why = whyWithout(found);
  const enabled = kubeProxyEnabled(cluster);
  const entry =
    entryAt(cluster, ['spec', 'kubeProxy', 'enabled']) ?? entryAt(cluster, ['spec', 'kubeProxy']);
  if (why === undefined) {
    if (enabled !== false || replacesServices(found)) return;
    const message = `kube-proxy is off, and ${found.provider.title} as written here does not replace it`;
    const hint = 'Services get no routes: set spec.kubeProxy.enabled to true, or take the line out';
    findings.warning(entry?.keyPlace ?? found.entry.keyPlace, 'kops-no-kube-proxy', message, hint);
    return;
  }
  if (enabled === false) return;
  const hint = 'write spec.kubeProxy.enabled: false';
  const place = entry?.keyPlace ?? found.entry.keyPlace;
  if (cluster.target.kops < why.refusedSince) {
    findings.warning(
      place,
      'kops-kube-proxy',
      `${why.message}, and kops runs kube-proxy beside it`,
      hint,
    );
    return;
  }
  findings.error(place, 'kops-kube-proxy', why.message, hint);
}

interface Without {
  readonly message: string;
  /** The first kops that refuses the document. */
  readonly refusedSince: number;
}

function whyWithout({ provider, entry }: FoundProvider): Without | undefined {
  const isOn = (name: string): boolean => {
    const node = fieldsOf(entry.value).get(name);
    return node?.kind === 'scalar' && node.value === true;
  };
  if (provider.key === 'kuberouter') {
    return { message: 'kube-router replaces kube-proxy, which must be off', refusedSince: 19 };
  }
  if (provider.key === 'calico' && isOn('bpfEnabled')) {
    return { message: 'bpfEnabled replaces kube-proxy, which must be off', refusedSince: 36 };
  }
  if (provider.key === 'cilium' && isOn('enableNodePort')) {
    return { message: 'enableNodePort replaces kube-proxy, which must be off', refusedSince: 18 };
  }
  return undefined;
}

/** Your own plugin may do it. */
function replacesServices({ provider }: FoundProvider): boolean {
  return provider.key === 'cni' || provider.key === 'external';
}
