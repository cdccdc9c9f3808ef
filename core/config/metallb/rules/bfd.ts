/** The limits of BFD's echo mode [internal/config/validation.go validateConfig]. */
import type { Findings } from '../../../findings.ts';
import { isFor } from '../advertised.ts';
import { placeAt, type MetalLbSettings } from '../settings.ts';

export function checkBfd(settings: MetalLbSettings, findings: Findings): void {
  const { pools, bgpAdvertisements, peers, bfdProfiles } = settings;
  const profiles = new Map(bfdProfiles.map((profile) => [profile.name, profile]));
  for (const peer of peers) {
    const profile = profiles.get(peer.spec.bfdProfile ?? '');
    if (profile?.spec.echoMode !== true) continue;
    const place = placeAt(peer, 'bfdProfile');
    const isToPeer = ({ spec }: (typeof bgpAdvertisements)[number]): boolean =>
      !spec.peers?.length || spec.peers.includes(peer.name);
    const pool = pools.find(
      (one) =>
        one.ranges.some(({ range }) => range.family === 6) &&
        bgpAdvertisements.some(
          (advertisement) => isToPeer(advertisement) && isFor(advertisement, one),
        ),
    );
    if (pool !== undefined) {
      const message = `peer "${peer.name}" gets IPv6 addresses of pool "${pool.name}", and its BFD profile "${profile.name}" has echoMode, which is for IPv4 only`;
      const hint = 'give the peer a BFD profile without echoMode';
      findings.error(place, 'metallb-bfd-echo', message, hint);
    }
    if (peer.spec.ebgpMultiHop !== true) continue;
    const message = `peer "${peer.name}" has routers between, and its BFD profile "${profile.name}" has echoMode, which works over one link only`;
    const hint = 'give the peer a BFD profile without echoMode';
    findings.error(place, 'metallb-bfd-echo', message, hint);
  }
}
