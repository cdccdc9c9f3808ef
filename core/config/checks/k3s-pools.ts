/**
 * With Calico in K3s the pods have addresses of Calico's pools, and K3s knows cluster-cidr alone: its
 * kube-proxy and its certificates take other addresses for strangers. Calico reads the range from
 * kubeadm's configuration only, and its own default is 192.168.0.0/16.
 */
import type { Findings } from '../../findings.ts';
import type { Network, NetworkDraft, Pool, Sourced } from '../model.ts';
import { contains } from '../net/address.ts';

export function checkK3sPools({ platform, pools }: NetworkDraft, findings: Findings): void {
  if (platform?.kind !== 'k3s' || pools === undefined) return;
  const { cni, flannelBackend, clusterCidr } = platform.settings;
  const isCalico = cni?.value === 'calico' || flannelBackend?.value === 'none';
  if (!isCalico || clusterCidr === undefined) return;
  for (const pool of pools) checkPool(pool, clusterCidr.value, findings);
  for (const range of clusterCidr.value) checkRange(range, pools, findings);
}

function checkPool(
  { name, network, place, places }: Pool,
  ranges: readonly Sourced<Network>[],
  findings: Findings,
): void {
  if (ranges.some(({ value }) => contains(value, network))) return;
  const known = ranges.map(({ value }) => value.cidr).join(', ');
  const message = `pool "${name}" ${network.cidr} is not in k3s.clusterCidr ${known}: K3s takes its pods for strangers`;
  const hint = 'a pool has to be the range, or a part of it; the range is fixed at the first start';
  findings.error(places.cidr ?? place, 'k3s-pool-outside', message, hint);
}

function checkRange(
  { value: range, place }: Sourced<Network>,
  pools: readonly Pool[],
  findings: Findings,
): void {
  const isUsed = pools.some(
    ({ disabled, network }) => disabled !== true && network.family === range.family,
  );
  if (isUsed) return;
  const message = `no pool of the document is in ${range.cidr}: pods get no address of it`;
  findings.warning(place, 'k3s-range-without-pool', message, `add a pool with cidr ${range.cidr}`);
}
