/** What the `microk8s:` section of a configuration asks of one node. */
import { nothingDesired, type PlatformDesired } from '../desired-platform.ts';
import type { ObservedPlatform } from '../observed-platform.ts';
import { notSupportedYet } from '../not-supported-yet.ts';
import type { MicroK8sSettings } from '../../config/platform/microk8s-settings.ts';

export function desiredMicroK8s(
  settings: MicroK8sSettings,
  observed: ObservedPlatform,
): PlatformDesired {
  if (observed.microk8s === undefined) return nothingDesired;
  const { ipAutodetection = {}, ...others } = settings;
  return {
    ...nothingDesired,
    issues: [
      ...notSupportedYet('microk8s', others),
      ...notSupportedYet('microk8s.ipAutodetection', ipAutodetection),
    ],
  };
}
