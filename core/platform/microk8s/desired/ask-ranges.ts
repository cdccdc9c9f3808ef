/** The ranges of pods and services, which several files have to agree on. */
import type { MicroK8sSettings, PoolBeside } from '../../../config/platform/microk8s-settings.ts';
import { canonicalCidr } from '../../../config/net/canonical-cidr.ts';
import type { Network, Sourced } from '../../../config/sourced.ts';
import { issueAt } from '../../../findings.ts';
import type { Issue, Place } from '../../../issue.ts';
import { printable } from '../../../printable.ts';
import type { ArgumentsEdit } from '../../edit/file-edit.ts';
import type { HostFile } from '../../host-file.ts';
import { optionsOf, parseArgumentsFile } from '../../arguments/arguments-file.ts';
import { poolName } from '../check-calico.ts';
import type { CalicoDaemonSet } from '../cni-manifest.ts';
import { nothingAsked, refusedWith, type Asked } from './asked.ts';
import { reasonOf, type CalicoSetting } from './calico-setting.ts';

export type ArgumentFiles = Readonly<Record<string, HostFile>>;
type Ranges = NonNullable<MicroK8sSettings['podCidr']>;

/** The document of MicroK8s forgets the second one: its node-ipam and routes then have another range. */
const podRangeFiles = ['kube-proxy', 'kube-controller-manager'] as const;

export function askPodRange(
  { podCidr, beside }: MicroK8sSettings,
  node: CalicoDaemonSet,
  files: ArgumentFiles,
): Asked {
  if (podCidr === undefined) return nothingAsked;
  const { value: ranges, place } = podCidr;
  const reasons = reasonOf('podCidr', place);
  const missing = familiesMissing(ranges, node);
  if (missing.length > 0) return refusedWith(...missing);
  const calico = ranges.map(({ value: { family, cidr } }): CalicoSetting => ({
    of: 'env',
    name: `CALICO_IPV${String(family)}POOL_CIDR`,
    value: cidr,
    reasons,
  }));
  const all = ranges.map(({ value }) => value.cidr).join(',');
  const edits = podRangeFiles.map((name) => editOf(files, name, 'cluster-cidr', all, reasons));
  const faults = podRangeFiles.flatMap((name) => unusableArguments(files[name], place));
  return {
    calico,
    files: faults.length > 0 ? [] : edits.flatMap((edit) => edit ?? []),
    issues: [...faults, ...ranges.flatMap((range) => checkPool(range, beside.pools))],
  };
}

export function editOf(
  files: ArgumentFiles,
  name: string,
  option: string,
  value: string,
  reasons: ArgumentsEdit['reasons'],
): ArgumentsEdit | undefined {
  const path = files[name]?.path;
  if (path === undefined) return undefined;
  return { form: 'arguments', path, option, values: [value], reasons };
}

export function unusableArguments(file: HostFile | undefined, place: Place): readonly Issue[] {
  if (file?.state === 'text') return [];
  const why = file?.state === 'unreadable' ? file.why : 'there is no such file';
  const message = `cannot change ${file?.path ?? 'an arguments file'}: ${why}`;
  return [issueAt(place, 'error', 'microk8s-arguments-unusable', message)];
}

/** Both families are fixed when the cluster is made: the service range has to have both as well. */
function familiesMissing(ranges: Ranges['value'], { env }: CalicoDaemonSet): readonly Issue[] {
  const has6 = env.get('FELIX_IPV6SUPPORT')?.text === 'true';
  return ranges.flatMap(({ value, place }) => {
    if (value.family === 4 || has6) return [];
    const message = `cannot give pods ${value.cidr}: this cluster was made without IPv6 (FELIX_IPV6SUPPORT is not true in cni.yaml)`;
    const hint =
      'MicroK8s takes both families at install alone, by extraCNIEnv in a launch configuration: IPv6_SUPPORT, IPv6_CLUSTER_CIDR, IPv6_SERVICE_CIDR';
    return [issueAt(place, 'error', 'microk8s-family-fixed', message, hint)];
  });
}

/** The variable acts only while no pool exists; Calico never changes the network of a pool. */
function checkPool(
  { value: range, place }: Sourced<Network>,
  pools: readonly PoolBeside[] | undefined,
): readonly Issue[] {
  const own = pools?.filter(({ network }) => network.family === range.family);
  if (own === undefined) {
    const message = `the range ${range.cidr} acts in cni.yaml only while no pool exists: the pool ${poolName} stays as it is`;
    const hint = `add pools: with a pool of another name and cidr: ${range.cidr}, and ${poolName} with disabled: true until no pod has an address of it`;
    return [issueAt(place, 'warning', 'microk8s-pool-not-managed', message, hint)];
  }
  if (own.some((pool) => pool.network.cidr === range.cidr && pool.disabled !== true)) return [];
  const message = `no pool under pools: has the pod range ${range.cidr}: pods would get addresses that kube-proxy takes for outside ones`;
  const hint = `add one with cidr: ${range.cidr}`;
  return [issueAt(place, 'error', 'microk8s-pool-differs', message, hint)];
}

/** Never changed: certificates, the DNS service and every service have addresses of it. */
export function askServiceRange({ serviceCidr }: MicroK8sSettings, files: ArgumentFiles): Asked {
  if (serviceCidr === undefined) return nothingAsked;
  const { value, place } = serviceCidr;
  const option = 'service-cluster-ip-range';
  const file = files['kube-apiserver'];
  if (file?.state !== 'text') return refusedWith(...unusableArguments(file, place));
  const given = optionsOf(parseArgumentsFile(file.text)).findLast(({ name }) => name === option);
  const now = given?.value.split(',').map((one) => canonicalCidr(one.trim())) ?? [];
  const asked = value.map((one) => one.value.cidr);
  if (now.join() === asked.join()) return nothingAsked;
  const where = given === undefined ? file.path : `${file.path}, line ${String(given.line)}`;
  const message = `cannot change the service range to ${asked.join()}: this cluster has ${printable(now.join().slice(0, 128)) || 'none'} (${where}), and every service has an address of it`;
  const hint =
    'it takes a new cluster; or by hand, with all services down: the option in kube-apiserver and kube-controller-manager of all nodes, csr.conf.template with microk8s refresh-certs, kubelet --cluster-dns, the dns addon, and every Service made anew';
  return refusedWith(issueAt(place, 'error', 'microk8s-service-range-fixed', message, hint));
}
