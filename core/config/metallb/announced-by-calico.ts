/** `speaker: calico`: the pools of MetalLB as networks that Calico announces. */
import type { Findings } from '../../findings.ts';
import type { Bgp } from '../model.ts';
import { contains } from '../net/address.ts';
import { cidrsOf } from '../net/address-range.ts';
import { nameSome } from '../../name-some.ts';
import type { MetalLbSettings } from './settings.ts';

/**
 * BGP's settings with the ranges of MetalLB's pools, as the fewest networks, beside the document's own
 * serviceLoadBalancerIPs. Calico announces them since 3.18, each as one whole block from every node; the
 * addresses of Services with externalTrafficPolicy Local also one by one.
 */
export function announcedByCalico(
  bgp: Bgp,
  { speaker, pools }: MetalLbSettings,
  findings: Findings,
): Bgp {
  if (speaker.value !== 'calico') return bgp;
  const { place } = speaker;
  const own = bgp.serviceLoadBalancerIPs?.value ?? [];
  const networks = cidrsOf(pools.flatMap(({ ranges }) => ranges.map(({ range }) => range)));
  const added = networks.filter((network) => !own.some(({ value }) => contains(value, network)));
  if (networks.length > 0) {
    const message = `Calico announces the pools of MetalLB as whole blocks from every node, also addresses that no Service has: ${nameSome(networks.map(({ cidr }) => cidr))}; it needs Calico 3.18 or newer`;
    findings.note(place, 'metallb-whole-blocks', message);
  }
  const value = [...own, ...added.map((network) => ({ value: network, place }))];
  if (value.length === 0) return bgp;
  return {
    ...bgp,
    serviceLoadBalancerIPs: { value, place: bgp.serviceLoadBalancerIPs?.place ?? place },
  };
}
