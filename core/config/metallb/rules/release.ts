/** Fields that the named release does not have. Its API server would drop them without a word. */
import type { Findings } from '../../../findings.ts';
import { placeAt, type Item, type MetalLbSettings } from '../settings.ts';
import {
  isBefore,
  laterFields,
  releaseText,
  type MetalLbKind,
  type Release,
} from '../values/release.ts';

/** Until then every peer had both. Source: the required fields of each release's BGPPeer. */
const sinceOptional = { peerASN: [0, 14, 9], peerAddress: [0, 15, 0] } as const;

export function checkRelease(settings: MetalLbSettings, findings: Findings): void {
  const { release } = settings;
  if (release === undefined) return;
  for (const [kind, items] of itemsByKind(settings)) {
    for (const item of items) checkItem(kind, item, release.value, findings);
  }
  for (const peer of settings.peers) {
    for (const [field, since] of Object.entries(sinceOptional)) {
      if (field in peer.places || !isBefore(release.value, since)) continue;
      const message = `peer "${peer.name}" needs ${field}: MetalLB ${releaseText(release.value)} has no peer without it`;
      const hint = `add it, or upgrade MetalLB to ${releaseText(since)}`;
      findings.error(peer.place, 'metallb-release', message, hint);
    }
  }
}

function itemsByKind(
  settings: MetalLbSettings,
): readonly (readonly [MetalLbKind, readonly Item<object>[]])[] {
  return [
    ['IPAddressPool', settings.pools],
    ['L2Advertisement', settings.layer2],
    ['BGPAdvertisement', settings.bgpAdvertisements],
    ['BGPPeer', settings.peers],
    ['BFDProfile', settings.bfdProfiles],
  ];
}

function checkItem(
  kind: MetalLbKind,
  item: Item<object>,
  release: Release,
  findings: Findings,
): void {
  for (const [field, since] of Object.entries(laterFields[kind] ?? {})) {
    if (!(field in item.spec) || !isBefore(release, since)) continue;
    const message = `${field} of ${kind} "${item.name}" came with MetalLB ${releaseText(since)}, and ${releaseText(release)} would drop it without a word`;
    const hint = `take it away, or upgrade MetalLB to ${releaseText(since)}`;
    findings.error(placeAt(item, field), 'metallb-release', message, hint);
  }
}
