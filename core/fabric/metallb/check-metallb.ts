/** MetalLB's rules that need the nodes: their labels, addresses, subnets, and their sessions of Calico. */
import { checkLocalPref } from '../../config/metallb/rules/local-pref.ts';
import { sessionTaken, sessionTakenText } from '../../config/metallb/rules/beside-calico.ts';
import { checkSharedNodes } from '../../config/metallb/rules/shared-nodes.ts';
import { isFor } from '../../config/metallb/advertised.ts';
import { placeAt, type MetalLbSettings, type PlacedRange } from '../../config/metallb/settings.ts';
import { matchesAny } from '../../config/metallb/values/label-selector.ts';
import type { NetworkModel } from '../../config/model.ts';
import { networkOf, bitsOf } from '../../config/net/address.ts';
import { rangeOf, rangesOverlap, type AddressRange } from '../../config/net/address-range.ts';
import type { Network } from '../../config/sourced.ts';
import { groupBy } from '../../group-by.ts';
import type { NodeFacts } from '../../facts/facts.ts';
import { describePlace, gatherFindings, type Findings } from '../../findings.ts';
import type { Issue } from '../../issue.ts';
import type { Resolution } from '../../resolve/resolution.ts';

export function checkMetalLbNodes(
  { metallb, bgp }: NetworkModel,
  nodes: readonly NodeFacts[],
  resolutions: readonly Resolution[],
): readonly Issue[] {
  if (metallb === undefined) return [];
  const findings = gatherFindings();
  const labels = nodes.map((node) => node.labels);
  checkLocalPref(metallb, labels, findings);
  checkSharedNodes(metallb, labels, findings);
  if (metallb.speaker.value === 'metallb') {
    const ofAll = new Set(bgp.peers.map(({ address }) => address));
    checkSessions(metallb, ofAll, nodes, resolutions, findings);
  }
  checkAddresses(metallb, nodes, findings);
  checkSubnets(metallb, subnetsOf(nodes), findings);
  return findings.issues;
}

/** Conflicts that the document alone does not show: both choose nodes, and one node is in both. */
function checkSessions(
  { peers }: MetalLbSettings,
  ofAll: ReadonlySet<string>,
  nodes: readonly NodeFacts[],
  resolutions: readonly Resolution[],
  findings: Findings,
): void {
  const labels = new Map(nodes.map((node) => [node.name, node.labels]));
  const byAddress = groupBy(
    resolutions.flatMap((resolution) =>
      resolution.peers.map(({ address }) => ({ address, resolution })),
    ),
    ({ address }) => address,
  );
  for (const item of peers) {
    const { peerAddress: address, vrf, nodeSelectors = [] } = item.spec;
    if (address === undefined || vrf !== undefined || nodeSelectors.length === 0) continue;
    if (ofAll.has(address)) continue;
    const node = byAddress
      .get(address)
      ?.find(({ resolution }) =>
        matchesAny(nodeSelectors, labels.get(resolution.node) ?? {}),
      )?.resolution;
    if (node === undefined) continue;
    const [reason] = node.peers.find((peer) => peer.address === address)?.reasons ?? [];
    const where = `on node ${node.node}${reason === undefined ? '' : `, ${describePlace(reason.place)}`}`;
    const [message, hint] = sessionTakenText(item.name, address, where);
    findings.error(placeAt(item, 'peerAddress'), sessionTaken, message, hint);
  }
}

/** MetalLB gives such an address to a Service, and then the node and the Service have it. */
function checkAddresses(
  { pools }: MetalLbSettings,
  nodes: readonly NodeFacts[],
  findings: Findings,
): void {
  const all = nodes
    .flatMap(({ name, addresses }) =>
      addresses.map(({ address, family }) => ({ name, address, family, bits: bitsOf(address) })),
    )
    .map((one, index) => ({ ...one, index }))
    .toSorted((one, other) => (one.bits < other.bits ? -1 : Number(one.bits > other.bits)));
  for (const pool of pools) {
    for (const { range, text, place } of pool.ranges) {
      const [from, to] = [bitsOf(range.first), bitsOf(range.last)];
      const held: (typeof all)[number][] = [];
      for (let at = firstFrom(all, from); (all[at]?.bits ?? to + 1n) <= to; at += 1) {
        const one = all[at];
        if (one?.family === range.family) held.push(one);
      }
      held.sort((one, other) => one.index - other.index);
      const [first] = held;
      if (first === undefined) continue;
      const more = held.length === 1 ? '' : ` and of ${held.length - 1} more`;
      const message = `"${text}" of pool "${pool.name}" holds ${first.address}, the address of node ${first.name}${more}`;
      findings.error(place, 'metallb-range-taken', message, 'take addresses that nothing else has');
    }
  }
}

/** The place of the first one that is not below; they are sorted. */
function firstFrom(sorted: readonly { readonly bits: bigint }[], from: bigint): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.bits ?? 0n) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Each once, by its text. */
function subnetsOf(nodes: readonly NodeFacts[]): readonly Network[] {
  const found = new Map<string, Network>();
  for (const { addresses } of nodes) {
    for (const { prefixLength, ...address } of addresses) {
      if (prefixLength === undefined) continue;
      const network = networkOf(address, prefixLength);
      found.set(network.cidr, network);
    }
  }
  return [...found.values()].toSorted((one, other) =>
    bitsOf(one.address) < bitsOf(other.address) ? -1 : 1,
  );
}

/**
 * By layer 2 a node answers for addresses of its own subnet. By BGP a router has to get the packets, and hosts of
 * the subnet do not send it packets for their own subnet.
 */
function checkSubnets(
  settings: MetalLbSettings,
  networks: readonly Network[],
  findings: Findings,
): void {
  const { pools, layer2, bgpAdvertisements, speaker } = settings;
  const isByCalico = speaker.value === 'calico';
  const subnets = networks.map((one) => ({ ...one, range: rangeOf(one) }));
  for (const pool of pools) {
    const isLayer2 = layer2.some((one) => isFor(one, pool));
    const isBgp = isByCalico || bgpAdvertisements.some((one) => isFor(one, pool));
    for (const placed of pool.ranges) {
      const { range, text, place } = placed;
      const around = subnets.find((one) => rangesOverlap(range, one.range));
      if (isBgp && !isLayer2 && around !== undefined) {
        const message = `"${text}" of pool "${pool.name}" is announced by BGP, and lies in the nodes' subnet ${around.cidr}: hosts of that subnet ask for the addresses by ARP, and nobody answers`;
        const hint = 'take a network that no link has, or announce the pool by layer2';
        findings.error(place, 'metallb-range-in-subnet', message, hint);
      }
      if (isLayer2 && !isBgp) checkReach(placed, pool.name, subnets, findings);
    }
  }
}

type Subnet = Network & { readonly range: AddressRange };

function checkReach(
  { range, text, place }: PlacedRange,
  pool: string,
  subnets: readonly Subnet[],
  findings: Findings,
): void {
  const ofFamily = subnets.filter(({ family }) => family === range.family);
  if (ofFamily.length === 0 || ofFamily.some((one) => rangesOverlap(range, one.range))) return;
  const message = `"${text}" of pool "${pool}" is announced by layer 2, and lies in no subnet of the nodes: only hosts that have a route for it on this link ask for it`;
  const hint = `take addresses of ${ofFamily[0]?.cidr ?? 'the nodes’ subnet'}`;
  findings.warning(place, 'metallb-range-off-link', message, hint);
}
