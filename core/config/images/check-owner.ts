/** What each way of installing Calico can do with images, and what it cannot. */
import type { Findings } from '../../findings.ts';
import { components, publishedNames, type ImagesSettings } from './settings.ts';

export function checkOwner(settings: ImagesSettings, findings: Findings): void {
  switch (settings.installedBy) {
    case 'manifest':
      return;
    case 'operator':
      return checkOperator(settings, findings);
    case 'charm':
      return checkCharm(settings, findings);
    case 'kops':
      return checkKops(settings, findings);
  }
}

/** Source: tigera/operator pkg/components/references.go: versions are built in, digests come from an ImageSet. */
function checkOperator({ images, version }: ImagesSettings, findings: Findings): void {
  const message = (what: string): string =>
    `the Tigera operator does not take images.${what}: its own release decides the versions`;
  if (version !== undefined) {
    const hint = 'leave version out, and update the operator to get another release of Calico';
    findings.error(version.place, 'images-not-by-operator', message('version'), hint);
  }
  for (const component of components) {
    const image = images[component];
    if (image === undefined) continue;
    const hint = `leave ${component} out: registry moves all images, and an ImageSet of the operator pins digests`;
    findings.error(image.place, 'images-not-by-operator', message(component), hint);
  }
}

/** The charms have options for two images, or for the registry and the release of all. */
function checkCharm({ images, pullSecret }: ImagesSettings, findings: Findings): void {
  for (const component of components) {
    const image = images[component];
    if (image === undefined || component === 'node' || component === 'kubeControllers') continue;
    const message = `the calico charm has no option for images.${component}`;
    const hint = `leave ${component} out: registry and version are for all images of the charm`;
    findings.error(image.place, 'images-not-by-charm', message, hint);
  }
  if (pullSecret === undefined) return;
  const message = 'the calico charm has no option for images.pullSecret';
  const hint =
    'leave pullSecret out, and give containerd the credentials: the option custom_registries of the containerd charm';
  findings.error(pullSecret.place, 'images-not-by-charm', message, hint);
}

/** kops has `registry` and `version`, and puts /calico/NAME: between them. */
function checkKops(settings: ImagesSettings, findings: Findings): void {
  const { images, pullSecret, registry, version } = settings;
  for (const component of components) {
    const image = images[component];
    if (image === undefined) continue;
    const name = publishedNames[component];
    const message = `kops has no field for images.${component}: it makes REGISTRY/calico/${name}:VERSION of two fields`;
    const missing = [
      ...(registry === undefined ? ['registry'] : []),
      ...(version === undefined ? ['version'] : []),
    ];
    const hint =
      missing.length === 0
        ? `leave ${component} out: registry and version are there`
        : `write ${missing.join(' and ')} in its place`;
    findings.error(image.place, 'images-not-by-kops', message, hint);
  }
  if (pullSecret === undefined) return;
  const message = 'kops has no field for images.pullSecret';
  const hint =
    'leave pullSecret out, and give containerd the credentials: kops create secret dockerconfig -f FILE';
  findings.error(pullSecret.place, 'images-not-by-kops', message, hint);
}
