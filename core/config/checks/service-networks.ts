/** Finds networks of services that are named twice. */
import { describePlace, type Findings } from '../../findings.ts';
import type { Bgp, Network, Sourced } from '../model.ts';

export function checkServiceNetworks(bgp: Bgp, findings: Findings): void {
  for (const list of [bgp.serviceClusterIPs, bgp.serviceExternalIPs, bgp.serviceLoadBalancerIPs]) {
    checkList(list?.value ?? [], findings);
  }
}

function checkList(list: readonly Sourced<Network>[], findings: Findings): void {
  const known = new Map<string, Sourced<Network>>();
  for (const network of list) {
    const { cidr } = network.value;
    const before = known.get(cidr);
    if (before === undefined) {
      known.set(cidr, network);
      continue;
    }
    const message = `${cidr} is named twice: already ${describePlace(before.place)}`;
    findings.warning(network.place, 'service-cidr-duplicate', message, 'take one of them away');
  }
}
