/** Releases of MetalLB, and the fields that each of them got. */
import type { Parsed } from '../../../parsed.ts';

/** Major, minor, patch. */
export type Release = readonly [number, number, number];

/** The first release with CustomResourceDefinitions; before, MetalLB was configured by a ConfigMap. */
export const firstRelease: Release = [0, 13, 0];

/** `0.15.3`, `v0.15.3`. */
export function parseRelease(text: string): Parsed<Release> {
  const [, major, minor, patch] = /^v?(\d{1,4})\.(\d{1,4})\.(\d{1,4})$/.exec(text) ?? [];
  if (major === undefined || minor === undefined || patch === undefined) {
    return {
      ok: false,
      message: `"${text}" is not a release of MetalLB`,
      hint: 'write it as 0.15.3',
    };
  }
  return { ok: true, value: [Number(major), Number(minor), Number(patch)] };
}

export function releaseText(release: Release): string {
  return release.join('.');
}

export function isBefore(one: Release, other: Release): boolean {
  const at = one.findIndex((part, index) => part !== other[index]);
  return at !== -1 && (one[at] ?? 0) < (other[at] ?? 0);
}

export type MetalLbKind =
  'IPAddressPool' | 'L2Advertisement' | 'BGPAdvertisement' | 'BGPPeer' | 'BFDProfile' | 'Community';

/**
 * Fields that came after the kinds. Source: config/crd/bases of each release's tag. A server drops a field
 * that its CustomResourceDefinition does not know, without a word.
 */
export const laterFields: Readonly<
  Partial<Record<MetalLbKind, Readonly<Record<string, Release>>>>
> = {
  IPAddressPool: { avoidBuggyIPs: [0, 13, 4], serviceAllocation: [0, 13, 8] },
  L2Advertisement: {
    interfaces: [0, 13, 6],
    serviceSelectors: [0, 16, 0],
    preferredNodeSelectors: [0, 16, 2],
  },
  BGPAdvertisement: { serviceSelectors: [0, 16, 0], asPathPrepend: [0, 16, 2] },
  BGPPeer: {
    vrf: [0, 13, 8],
    connectTime: [0, 14, 4],
    disableMP: [0, 14, 4],
    enableGracefulRestart: [0, 14, 6],
    dynamicASN: [0, 14, 9],
    interface: [0, 15, 0],
    dualStackAddressFamily: [0, 15, 0],
    localASN: [0, 16, 0],
  },
};
