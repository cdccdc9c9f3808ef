/** Calico's pools of a document that does not name cluster-cidr, against the one that K3s has. */
import { contains, parseNetwork } from '../../../config/net/address.ts';
import { issueAt } from '../../../findings.ts';
import type { Issue } from '../../../issue.ts';
import { printable } from '../../../printable.ts';
import { inForce, itemsInForce, type GivenFlags } from '../merge.ts';
import type { DesiredFlag } from './desired-flags.ts';

/**
 * core/config/checks/k3s-pools.ts compares them where the document names both.
 * @param pools the CIDRs of Calico's pools
 */
export function checkPoolsHere(
  flags: readonly DesiredFlag[],
  given: GivenFlags,
  pools: readonly string[],
): readonly Issue[] {
  const backend = flags.find(({ name }) => name === 'flannel-backend');
  const isNamed = flags.some(({ name }) => name === 'cluster-cidr');
  if (backend?.form !== 'value' || backend.value !== 'none' || isNamed) return [];
  const ranges = itemsInForce(given, 'cluster-cidr');
  const isInside = (pool: string): boolean =>
    ranges.some((range) => {
      const [outer, inner] = [parseNetwork(range), parseNetwork(pool)];
      return outer.ok && inner.ok && contains(outer.value.network, inner.value.network);
    });
  const outside = pools.find((pool) => !isInside(pool));
  if (outside === undefined) return [];
  const place = inForce(given, 'cluster-cidr').at(-1)?.place;
  const from =
    place === undefined ? 'its default' : `${place.file}, line ${String(place.line ?? 0)}`;
  const message = `pool ${printable(outside)} is not in cluster-cidr ${printable(ranges.join(', '))} of this node (${printable(from)}): K3s takes its pods for strangers`;
  const hint = 'a pool has to be the range, or a part of it; the range is fixed at the first start';
  return [issueAt(backend.place, 'error', 'k3s-pool-outside', message, hint)];
}
