/** Calico goes on announcing what MetalLB announces now. */
import { issueAt } from '../../findings.ts';
import { textsAt } from '../../input/plain-data.ts';
import type { Issue } from '../../issue.ts';
import { nameSome } from '../../name-some.ts';
import { parseNetwork } from '../../config/net/address.ts';
import { parseRange, rangeOf, rangesOverlap } from '../../config/net/address-range.ts';
import type { Observed } from '../../observe/observed.ts';
import type { Desired } from '../../render/desired.ts';

/**
 * With `speaker: calico` the agent wrote the ranges of MetalLB's pools into serviceLoadBalancerIPs. A field that the
 * configuration does not name stays, also after a change to `speaker: metallb`: somebody else may need it.
 */
export function announcedTwice(
  { metallb, resources }: Pick<Desired, 'metallb' | 'resources'>,
  observed: Pick<Observed, 'resources'>,
): readonly Issue[] {
  if (metallb?.speaker !== 'metallb') return [];
  const isNamed = resources.some(
    ({ resource }) =>
      resource.kind === 'BGPConfiguration' && resource.spec.serviceLoadBalancerIPs !== undefined,
  );
  if (isNamed) return [];
  const ranges = metallb.objects
    .filter(({ kind }) => kind === 'IPAddressPool')
    .flatMap(({ spec }) => textsAt(spec, 'addresses'))
    .flatMap((text) => {
      const range = parseRange(text);
      return range.ok ? [range.value.range] : [];
    });
  const announced = observed.resources
    .flatMap(({ resource }) =>
      resource.kind === 'BGPConfiguration' ? (resource.spec.serviceLoadBalancerIPs ?? []) : [],
    )
    .map(({ cidr }) => cidr);
  const twice = announced.filter((cidr) => {
    const network = parseNetwork(cidr);
    return network.ok && ranges.some((one) => rangesOverlap(one, rangeOf(network.value.network)));
  });
  if (twice.length === 0) return [];
  const left = announced.filter((cidr) => !twice.includes(cidr));
  const message = `Calico goes on announcing ${nameSome(twice)} (serviceLoadBalancerIPs of its BGPConfiguration), and the speaker of these pools is metallb`;
  const hint = `add serviceLoadBalancerIPs: [${left.join(', ')}] to bgp: the agent then takes them out; or take speaker: calico`;
  return [issueAt(metallb.place, 'warning', 'metallb-announced-twice', message, hint)];
}
