/** What the `k3s:` section of a configuration asks of one node. */
import { nothingDesired, type PlatformDesired } from '../desired-platform.ts';
import type { ObservedPlatform } from '../observed-platform.ts';
import { notSupportedYet } from '../not-supported-yet.ts';
import type { K3sSettings } from '../../config/platform/k3s-settings.ts';

export function desiredK3s(settings: K3sSettings, observed: ObservedPlatform): PlatformDesired {
  if (observed.k3s === undefined) return nothingDesired;
  return { ...nothingDesired, issues: notSupportedYet('k3s', settings) };
}
