/** The limits of MetalLB's older ways of doing BGP [internal/config/validation.go DiscardFRROnly]. */
import type { Findings } from '../../../findings.ts';
import type { Place } from '../../../issue.ts';
import { isFor } from '../advertised.ts';
import { placeAt, type MetalLbPeerSpec, type MetalLbSettings } from '../settings.ts';
import { parseCommunity } from '../values/community.ts';

const frrFields = [
  'bfdProfile',
  'keepaliveTime',
  'vrf',
  'connectTime',
  'enableGracefulRestart',
  'disableMP',
  'dualStackAddressFamily',
  'dynamicASN',
  'interface',
  'localASN',
] as const satisfies readonly (keyof MetalLbPeerSpec)[];

export function checkBgpMode(settings: MetalLbSettings, findings: Findings): void {
  const { bgpMode, bgpAdvertisements } = settings;
  if (bgpMode === undefined || bgpMode.value === 'frr-k8s') return;
  const { value: mode } = bgpMode;
  const refuse = (place: Place, message: string): void => {
    findings.error(place, 'metallb-bgp-mode', message, 'take it away, or bgpMode: frr-k8s');
  };
  for (const item of bgpAdvertisements) {
    if (item.spec.asPathPrepend === undefined) continue;
    const message = `asPathPrepend of "${item.name}" works with frr-k8s only, and bgpMode is ${mode}`;
    refuse(placeAt(item, 'asPathPrepend'), message);
  }
  if (mode !== 'native') return;
  for (const peer of settings.peers) {
    for (const field of frrFields) {
      const value = peer.spec[field];
      if (value === undefined || value === false || value === '0s') continue;
      refuse(
        placeAt(peer, field),
        `${field} of peer "${peer.name}" needs FRR, and bgpMode is native`,
      );
    }
  }
  for (const profile of settings.bfdProfiles) {
    refuse(profile.place, `BFD profile "${profile.name}" needs FRR, and bgpMode is native`);
  }
  for (const pool of settings.pools) {
    if (!bgpAdvertisements.some((item) => isFor(item, pool))) continue;
    for (const { range, text, place } of pool.ranges) {
      if (range.family === 4) continue;
      refuse(
        place,
        `"${text}" is announced by BGP, and MetalLB's native mode does it for IPv4 only`,
      );
    }
  }
  const communities = [
    ...settings.communities.map((item) => [item.spec.value, placeAt(item, 'value')] as const),
    ...bgpAdvertisements.flatMap((item) =>
      (item.spec.communities ?? []).map(
        (text, index) => [text, placeAt(item, 'communities', index)] as const,
      ),
    ),
  ];
  for (const [text, place] of communities) {
    const parsed = parseCommunity(text);
    if (!parsed.ok || parsed.value.form === 'standard') continue;
    refuse(place, `the large community "${text}" needs FRR, and bgpMode is native`);
  }
}
