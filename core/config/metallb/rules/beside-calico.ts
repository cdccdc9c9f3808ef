/**
 * MetalLB beside Calico: a router takes one BGP session per node, and Calico has it. And addresses of
 * MetalLB's ranges must be nobody else's. Source: metallb.io configuration/calico.
 */
import { describePlace, type Findings } from '../../../findings.ts';
import type { Bgp, Group, Pool } from '../../model.ts';
import type { PlatformSettings } from '../../platform/platform-settings.ts';
import { rangeOf, rangesOverlap } from '../../net/address-range.ts';
import type { Network, Sourced } from '../../sourced.ts';
import { isFor } from '../advertised.ts';
import { placeAt, type MetalLbSettings } from '../settings.ts';

export interface BesideMetalLb {
  readonly bgp: Bgp;
  readonly groups: readonly Group[];
  readonly pools?: readonly Pool[];
  readonly platform?: PlatformSettings;
}

export function checkBesideCalico(
  settings: MetalLbSettings,
  beside: BesideMetalLb,
  findings: Findings,
): void {
  if (settings.speaker.value === 'calico') checkSpeakerCalico(settings, beside, findings);
  else {
    checkSessions(settings, beside, findings);
    checkAnnouncedTwice(settings, beside.bgp, findings);
  }
  checkRanges(settings, beside, findings);
  checkServiceLb(settings, beside, findings);
}

/** MetalLB gives addresses out, and Calico announces them. */
function checkSpeakerCalico(
  settings: MetalLbSettings,
  { platform }: BesideMetalLb,
  findings: Findings,
): void {
  const { layer2, bgpAdvertisements, peers, bfdProfiles, communities, speaker } = settings;
  const lists = { layer2, bgpAdvertisements, peers, bfdProfiles, communities };
  for (const [key, [first]] of Object.entries(lists)) {
    if (first === undefined) continue;
    const message = `speaker is calico, and ${key} is for MetalLB's speakers, which announce nothing then`;
    const hint = `take ${key} away, or take speaker: metallb`;
    findings.error(first.place, 'metallb-speaker-calico', message, hint);
  }
  const lacking = withoutBird(platform);
  if (lacking !== undefined) {
    const message = `speaker is calico, and ${lacking}: nobody would announce the addresses`;
    const hint = "let MetalLB's speakers do it, with layer2";
    findings.error(speaker.place, 'metallb-speaker-calico', message, hint);
  }
}

/** Why Calico announces nothing by BGP on this platform, as a clause. */
function withoutBird(platform: PlatformSettings | undefined): string | undefined {
  if (platform?.kind === 'k3s') {
    const { cni, flannelBackend } = platform.settings;
    if (cni?.value === 'flannel') return 'k3s.cni is flannel';
    const backend = flannelBackend?.value ?? 'none';
    return backend === 'none' ? undefined : `k3s.flannelBackend is ${backend}`;
  }
  if (platform?.kind !== 'microk8s') return undefined;
  const { cni, mode } = platform.settings;
  if (cni !== undefined && cni.value !== 'calico') return `microk8s.cni is ${cni.value}`;
  return mode?.value === 'vxlan' ? 'microk8s.mode is vxlan, where Calico runs no BGP' : undefined;
}

/** Only what is certain without nodes; a VRF has addresses of its own. */
function checkSessions(
  { peers }: MetalLbSettings,
  { bgp, groups }: BesideMetalLb,
  findings: Findings,
): void {
  const ofCalico = [
    ...bgp.peers.map((peer) => ({ peer, isEveryNode: true })),
    ...groups.flatMap((group) => group.peers.map((peer) => ({ peer, isEveryNode: false }))),
  ];
  for (const item of peers) {
    const { peerAddress, vrf, nodeSelectors } = item.spec;
    if (peerAddress === undefined || vrf !== undefined) continue;
    const isForAll = !nodeSelectors?.length;
    const taken = ofCalico.find(
      ({ peer, isEveryNode }) => peer.address === peerAddress && (isEveryNode || isForAll),
    );
    if (taken === undefined) continue;
    findings.error(
      placeAt(item, 'peerAddress'),
      sessionTaken,
      ...sessionTakenText(item.name, peerAddress, describePlace(taken.peer.place)),
    );
  }
}

export const sessionTaken = 'metallb-session-taken';

/** Message and hint. */
export function sessionTakenText(
  name: string,
  address: string,
  where: string,
): readonly [string, string] {
  return [
    `Calico has a session with ${address} (${where}), and peer "${name}" of MetalLB would hold a second one from the same node: the router takes one`,
    'let Calico announce the pools with speaker: calico, or name a router that Calico does not have',
  ];
}

function checkAnnouncedTwice(settings: MetalLbSettings, bgp: Bgp, findings: Findings): void {
  for (const network of bgp.serviceLoadBalancerIPs?.value ?? []) {
    const range = rangeOf(network.value);
    for (const pool of settings.pools) {
      const twice = pool.ranges.find((one) => rangesOverlap(one.range, range));
      if (twice === undefined) continue;
      if (![...settings.layer2, ...settings.bgpAdvertisements].some((one) => isFor(one, pool)))
        continue;
      const message = `bgp.serviceLoadBalancerIPs lets Calico announce ${network.value.cidr}, and MetalLB announces "${twice.text}" of pool "${pool.name}" too`;
      const hint =
        'take it out of bgp.serviceLoadBalancerIPs, or let Calico alone announce the pools with speaker: calico';
      findings.error(network.place, 'metallb-announced-twice', message, hint);
    }
  }
}

interface Taken {
  readonly what: string;
  readonly network: Network;
}

function checkRanges(settings: MetalLbSettings, beside: BesideMetalLb, findings: Findings): void {
  const all = takenBy(beside).map((one) => ({ ...one, range: rangeOf(one.network) }));
  for (const pool of settings.pools) {
    for (const { range, text, place } of pool.ranges) {
      const taken = all.find((one) => rangesOverlap(one.range, range));
      if (taken === undefined) continue;
      const message = `"${text}" of pool "${pool.name}" overlaps ${taken.what} ${taken.network.cidr}`;
      const hint = 'take addresses that nothing else has';
      findings.error(place, 'metallb-range-taken', message, hint);
    }
  }
}

function takenBy({ bgp, pools = [], platform }: BesideMetalLb): readonly Taken[] {
  const list = (what: string, networks: Sourced<readonly Sourced<Network>[]> | undefined) =>
    (networks?.value ?? []).map(({ value }): Taken => ({ what, network: value }));
  const ofPlatform =
    platform?.kind === 'k3s'
      ? [
          ...list('k3s.clusterCidr', platform.settings.clusterCidr),
          ...list('k3s.serviceCidr', platform.settings.serviceCidr),
        ]
      : platform?.kind === 'microk8s'
        ? [
            ...list('microk8s.podCidr', platform.settings.podCidr),
            ...list('microk8s.serviceCidr', platform.settings.serviceCidr),
          ]
        : [];
  return [
    ...pools.map(({ name, network }): Taken => ({ what: `Calico's pool "${name}"`, network })),
    ...list('the cluster IPs of Services,', bgp.serviceClusterIPs),
    ...ofPlatform,
  ];
}

/** Two load balancers would overwrite each other's addresses. */
function checkServiceLb(
  settings: MetalLbSettings,
  { platform }: BesideMetalLb,
  findings: Findings,
): void {
  if (platform?.kind !== 'k3s' || settings.pools.length === 0) return;
  const { loadBalancer, disable } = platform.settings;
  if (loadBalancer?.value === 'metallb') return;
  if (disable?.value.some(({ value }) => value === 'servicelb') === true) return;
  const message = "K3s' ServiceLB and MetalLB would overwrite each other's addresses";
  const hint = 'add loadBalancer: metallb to the k3s section';
  const place = loadBalancer?.place ?? settings.place;
  if (loadBalancer === undefined) findings.warning(place, 'metallb-servicelb', message, hint);
  else findings.error(place, 'metallb-servicelb', message, 'write loadBalancer: metallb');
}
