/** What `images:` and `platform:` say together. */
import type { Findings } from '../../findings.ts';
import type { ImagesSettings } from '../images/settings.ts';
import type { PlatformSettings } from '../platform/platform-settings.ts';

export function checkBesidePlatform(
  { installedBy, place, ownerPlace }: ImagesSettings,
  platform: PlatformSettings | undefined,
  findings: Findings,
): void {
  if (platform === undefined) return;
  const { kind, settings } = platform;
  const name = kind === 'k3s' ? 'K3s' : 'MicroK8s';
  const isOwn = installedBy === 'charm' || installedBy === 'kops';
  if (isOwn || (installedBy === 'operator' && kind === 'microk8s')) {
    const message = `images.installedBy is ${installedBy}, which does not install Calico on ${name}`;
    const hint = 'leave installedBy out: the manifest is usual there';
    findings.error(ownerPlace, 'images-other-owner', message, hint);
  }
  const { cni } = settings;
  if (cni !== undefined && cni.value !== 'calico') {
    const message = `the section images is for Calico, and ${kind}.cni is ${cni.value}`;
    findings.error(place, 'images-not-calico', message, 'leave the section images out');
  }
}
