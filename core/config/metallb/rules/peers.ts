/** Each BGPPeer for itself [internal/config/config.go peerFromCR, parseTimers; the CRD's rules]. */
import type { Findings } from '../../../findings.ts';
import { nearestName } from '../../../nearest-name.ts';
import { kindOf, parseAddress, type Address } from '../../net/address.ts';
import { placeAt, type Item, type MetalLbPeerSpec, type MetalLbSettings } from '../settings.ts';
import { parseDuration } from '../values/duration.ts';
import type { Named } from './named.ts';

type PeerItem = Item<MetalLbPeerSpec>;

export function checkPeers(settings: MetalLbSettings, named: Named, findings: Findings): void {
  for (const peer of settings.peers) {
    checkAsNumbers(peer, findings);
    checkNeighbour(peer, findings);
    checkTimes(peer, findings);
    checkProfile(peer, named.bfdProfiles, findings);
    checkSecret(peer, settings.namespace?.value, findings);
    if (peer.spec.disableMP !== true) continue;
    const message = `disableMP of peer "${peer.name}" does nothing since MetalLB 0.15: a session has its own family only`;
    const hint = 'take it away; dualStackAddressFamily gives a session both families';
    findings.warning(placeAt(peer, 'disableMP'), 'metallb-deprecated', message, hint);
  }
}

function checkAsNumbers(peer: PeerItem, findings: Findings): void {
  const { name, spec, places } = peer;
  const hasPeerAs = 'peerASN' in places;
  if (hasPeerAs === (spec.dynamicASN !== undefined)) {
    const message = hasPeerAs
      ? `peer "${name}" has peerASN and dynamicASN: MetalLB takes only one of them`
      : `peer "${name}" has neither peerASN nor dynamicASN`;
    const hint = hasPeerAs
      ? 'take dynamicASN away'
      : 'add the AS number of the router: peerASN: 64512';
    findings.error(placeAt(peer, 'dynamicASN'), 'metallb-peer-as', message, hint);
  }
  if (spec.ebgpMultiHop === true && spec.peerASN !== undefined && spec.peerASN === spec.myASN) {
    const message = `peer "${name}" has ebgpMultiHop, and both sides have AS number ${spec.myASN}: that is iBGP`;
    const hint = 'take ebgpMultiHop away: iBGP may have routers between';
    findings.error(placeAt(peer, 'ebgpMultiHop'), 'metallb-peer-multi-hop', message, hint);
  }
  if (spec.localASN !== undefined && spec.localASN === spec.myASN) {
    const message = `localASN of peer "${name}" is its myASN, which FRR refuses`;
    const hint = 'take localASN away: the router sees myASN without it';
    findings.error(placeAt(peer, 'localASN'), 'metallb-peer-as', message, hint);
  }
}

function checkNeighbour(peer: PeerItem, findings: Findings): void {
  const { name, spec } = peer;
  const { peerAddress, interface: link } = spec;
  if ((peerAddress === undefined) === (link === undefined)) {
    const both = peerAddress !== undefined;
    const message = both
      ? `peer "${name}" has peerAddress and interface: MetalLB takes only one of them`
      : `peer "${name}" has neither peerAddress nor interface`;
    const hint = both
      ? 'take interface away'
      : 'add the address of the router: peerAddress: 10.0.0.1';
    findings.error(placeAt(peer, 'interface'), 'metallb-peer-address', message, hint);
  }
  const address = read(peerAddress);
  const source = read(spec.sourceAddress);
  if (address !== undefined && !['host', 'link-local'].includes(kindOf(address))) {
    const message = `"${address.address}" cannot be a peer: it is of the kind ${kindOf(address)}`;
    const hint = 'give the address of a router';
    findings.error(placeAt(peer, 'peerAddress'), 'metallb-peer-address', message, hint);
  }
  if (address !== undefined && source !== undefined && address.family !== source.family) {
    const message = `peer "${name}" has an address of IPv${address.family} and a sourceAddress of IPv${source.family}`;
    const hint = 'give a sourceAddress of the family of peerAddress';
    findings.error(placeAt(peer, 'sourceAddress'), 'metallb-peer-address', message, hint);
  }
  if (spec.routerID === undefined || read(spec.routerID)?.family === 4) return;
  const message = `"${spec.routerID}" is not a router ID: it has the form of an IPv4 address, also for IPv6`;
  findings.error(placeAt(peer, 'routerID'), 'metallb-router-id', message, 'write it as 10.0.0.1');
}

function read(text: string | undefined): Address | undefined {
  const parsed = text === undefined ? undefined : parseAddress(text);
  return parsed?.ok === true ? parsed.value : undefined;
}

const times = ['holdTime', 'keepaliveTime', 'connectTime'] as const;

function checkTimes(peer: PeerItem, findings: Findings): void {
  const { name, spec } = peer;
  const refuse = (field: (typeof times)[number], message: string, hint?: string): void => {
    findings.error(placeAt(peer, field), 'metallb-peer-times', message, hint);
  };
  const [hold, keepalive, connect] = times.map((field) => {
    const text = spec[field];
    if (text === undefined) return undefined;
    const parsed = parseDuration(text);
    if (!parsed.ok) refuse(field, `${field} of peer "${name}": ${parsed.message}`, parsed.hint);
    return parsed.ok ? parsed.value : undefined;
  });
  const whole = hold ?? (keepalive === undefined ? undefined : keepalive * 3);
  const seconds = whole === undefined ? undefined : Math.trunc(whole / 1000);
  if (seconds !== undefined && seconds !== 0 && seconds < 3) {
    const [field, message] =
      hold === undefined
        ? ([
            'keepaliveTime',
            `the holdTime of peer "${name}" is three times its keepaliveTime, and less than 3s`,
          ] as const)
        : (['holdTime', `the holdTime of peer "${name}" is less than 3s`] as const);
    refuse(field, message, 'it is 0s for none, or 3s and more');
  }
  if (hold !== undefined && keepalive !== undefined && keepalive > hold) {
    const message = `the keepaliveTime of peer "${name}" is longer than its holdTime`;
    refuse('keepaliveTime', message, 'a third of the holdTime is usual');
  }
  if (connect === undefined) return;
  if (connect % 1000 === 0 && connect >= 1000 && connect <= 65_535_000) return;
  const message = `the connectTime of peer "${name}" must be 1s to 65535s, in whole seconds`;
  refuse('connectTime', message, 'write it as 10s');
}

/** MetalLB waits for a profile that is not there, and has no session until then. */
function checkProfile(peer: PeerItem, profiles: ReadonlySet<string>, findings: Findings): void {
  const { bfdProfile } = peer.spec;
  if (bfdProfile === undefined || profiles.has(bfdProfile)) return;
  const nearest = nearestName(bfdProfile, [...profiles]);
  const message = `peer "${peer.name}" has the BFD profile "${bfdProfile}", which the document does not have`;
  const hint =
    nearest === undefined ? 'add it to metallb.bfdProfiles' : `did you mean "${nearest}"?`;
  findings.error(placeAt(peer, 'bfdProfile'), 'metallb-bfd-unknown', message, hint);
}

/** MetalLB looks for the Secret in its own namespace only. */
function checkSecret(peer: PeerItem, namespace: string | undefined, findings: Findings): void {
  const other = peer.spec.passwordSecret?.namespace;
  if (other === undefined || namespace === undefined || other === namespace) return;
  const message = `the Secret of peer "${peer.name}" is in namespace "${other}", and MetalLB in "${namespace}": it finds Secrets of its own namespace only`;
  const place = placeAt(peer, 'passwordSecret', 'namespace');
  const hint = 'put the Secret into that namespace, and take this line away';
  findings.error(place, 'metallb-secret-namespace', message, hint);
}
