/** Typha, images, and workloads of other providers or older releases of kops. */
import { fieldsOf, integerOf, textOf } from '../../config/yaml/read-values.ts';
import { providerOf } from '../document/facts.ts';
import { calicoInForce } from '../in-force/calico-in-force.ts';
import { transitionBetween } from '../change/transitions.ts';
import { kopsProviders } from '../table/providers.ts';
import { calicoNodeOf, kubeSystem } from './calico-node.ts';
import { cnisOf, withoutOwnCni, type FoundCni } from './cni-daemon-sets.ts';
import { providerSetting, type Comparing } from './difference.ts';
import type { LivingWorkload } from './living-cluster.ts';

/** The cluster's provider is another one, or a second one runs beside it. */
export function compareCnis(comparing: Comparing, daemonSets: readonly LivingWorkload[]): void {
  const { cluster, differences } = comparing;
  const wanted = providerOf(cluster)?.provider;
  if (wanted === undefined || withoutOwnCni.has(wanted.key)) return;
  const found = cnisOf(daemonSets);
  const own = found.filter(({ key, isInKubeSystem }) => key === wanted.key && isInKubeSystem);
  const others = found.filter((one) => !own.includes(one));
  const base = { ...providerSetting(cluster), wanted: wanted.title, wins: 'document' } as const;
  for (const other of others) {
    const isSecond = own.length > 0 || other.key === wanted.key;
    differences.push({
      ...base,
      code: isSecond ? 'kops-live-second-cni' : 'kops-live-provider',
      object: `DaemonSet ${other.daemonSet}`,
      field: 'metadata.name',
      found: titleOf(other),
      ...(isSecond
        ? { wins: 'cluster', why: secondText(other, wanted.key, own.length > 0) }
        : { why: transitionBetween(other.key, wanted.key).effect, breaks: true }),
    });
  }
  if (found.length > 0 || !hasDaemonSet(wanted.key)) return;
  differences.push({
    ...base,
    code: 'kops-live-absent',
    object: 'DaemonSets of all namespaces',
    field: 'metadata.name',
    found: 'no known provider',
    why: 'kops installs it with the next update, unless this is another cluster',
  });
}

function secondText({ key }: FoundCni, wanted: string, isBeside: boolean): string {
  if (key === wanted && !isBeside) {
    return 'kops did not install it there, and installs its own one beside it';
  }
  return 'kops does not delete it; two providers write routes and CNI files beside each other, unless this one does policy alone';
}

function titleOf({ key }: FoundCni): string {
  return kopsProviders.find((one) => one.key === key)?.title ?? key;
}

const withoutDaemonSet: ReadonlySet<string> = new Set(['classic', 'kubenet', 'gce', 'lyftvpc']);

function hasDaemonSet(key: string): boolean {
  return !withoutDaemonSet.has(key);
}

/** kops 1.18 and older installed it for crossSubnet; Felix does its work since 1.19. */
export function compareSrcDst(
  { cluster, differences }: Comparing,
  deployments: readonly LivingWorkload[],
): void {
  const isWanted = calicoInForce(cluster).sourceCheck === 'k8s-ec2-srcdst';
  const found = kubeSystem(deployments, 'k8s-ec2-srcdst');
  if (isWanted || found === undefined || found.replicas === 0) return;
  differences.push({
    code: 'kops-live-srcdst',
    ...providerSetting(cluster, 'awsSrcDstCheck'),
    wanted: 'Felix alone',
    object: 'Deployment kube-system/k8s-ec2-srcdst',
    field: 'spec.replicas',
    found: String(found.replicas ?? 1),
    wins: 'cluster',
    why: 'kops 1.18 and older installed it, and newer ones do not delete it',
  });
}

export function compareTypha(
  { cluster, differences }: Comparing,
  deployments: readonly LivingWorkload[],
): void {
  const fields = fieldsOf(providerOf(cluster)?.entry.value);
  const wanted = integerOf(fields.get('typhaReplicas'))?.value ?? 0;
  const typha = kubeSystem(deployments, 'calico-typha');
  const found = typha === undefined ? 0 : (typha.replicas ?? 1);
  if (wanted === found) return;
  differences.push({
    code: 'kops-live-typha',
    ...providerSetting(cluster, 'typhaReplicas'),
    wanted: String(wanted),
    object: 'Deployment kube-system/calico-typha',
    field: 'spec.replicas',
    found: String(found),
    wins: 'document',
    why: 'kops writes the Deployment, and whether calico-node uses it; calico-node restarts where that changes',
  });
}

/** Calico's own images: quay.io/calico/node:v3.25.0, with or without a digest behind the tag. */
const calicoImage = /(?:^|\/)calico\/(node|cni|kube-controllers|typha):([^@]+)/;

export function compareImages(
  { cluster, differences }: Comparing,
  daemonSets: readonly LivingWorkload[],
  deployments: readonly LivingWorkload[],
): void {
  const version = textOf(fieldsOf(providerOf(cluster)?.entry.value).get('version'))?.value;
  const workloads = [
    ['DaemonSet', calicoNodeOf(daemonSets)],
    ['Deployment', kubeSystem(deployments, 'calico-kube-controllers')],
    ['Deployment', kubeSystem(deployments, 'calico-typha')],
  ] as const;
  const images = workloads.flatMap(([kind, workload]) =>
    (workload?.containers ?? []).flatMap(({ name, image }) => {
      const [, part, tag] = calicoImage.exec(image) ?? [];
      const object = `${kind} kube-system/${workload?.name ?? ''}`;
      return part === undefined || tag === undefined ? [] : [{ object, name, part, tag }];
    }),
  );
  const wanted = version ?? images.find(({ part }) => part === 'node')?.tag;
  const seen = new Set<string>();
  for (const { object, name, tag } of images) {
    if (wanted === undefined || tag === wanted || seen.has(`${object} ${tag}`)) continue;
    seen.add(`${object} ${tag}`);
    differences.push({
      code: 'kops-live-image',
      ...providerSetting(cluster, 'version'),
      wanted: version ?? `one version for all, as ${wanted} of calico-node`,
      object,
      field: `image of ${name}`,
      found: tag,
      wins: 'document',
      why: 'kops writes all of Calico’s images with one version, and the pods restart',
    });
  }
}
