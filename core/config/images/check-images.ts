/** The rules of the `images:` section. Those that need another section are in core/config/checks/images-and-platform.ts. */
import type { Findings } from '../../findings.ts';
import { printable } from '../../printable.ts';
import { referenceText, type ImageReference } from './reference.ts';
import { components, publishedNames, type Component, type ImagesSettings } from './settings.ts';
import { versionOfTag, type ImageVersion } from './version.ts';
import type { Sourced } from '../sourced.ts';
import { checkOwner } from './check-owner.ts';

/** @param named the keys that the section has, also those with a value that cannot be used */
export function checkImages(
  settings: ImagesSettings,
  named: ReadonlySet<string>,
  findings: Findings,
): void {
  for (const component of components) {
    const image = settings.images[component];
    if (image !== undefined) checkImage(component, image, settings, findings);
  }
  const { version } = settings;
  if (version?.value === 'latest') moving('images.version', version, findings);
  checkForms(settings, findings);
  checkVersions(settings, findings);
  checkOwner(settings, findings);
  if ([...named].every((key) => key === 'installedBy')) {
    const message = 'the section images asks for nothing';
    const hint = 'write registry: registry.example:5000, or leave the section out';
    findings.warning(settings.place, 'images-without-effect', message, hint);
  }
}

/** What a registry or a container runtime takes, and what names images that Calico does not publish. */
function checkForms({ registry, version }: ImagesSettings, findings: Findings): void {
  if (version !== undefined && /^\d+\.\d+/u.test(version.value)) {
    const shown = printable(version.value);
    const message = `images.version is ${shown}: Calico's tags begin with v`;
    findings.warning(version.place, 'image-version-without-v', message, `write v${shown}`);
  }
  if (registry === undefined) return;
  const parts = registry.value.split('/');
  const last = parts.length === 1 ? undefined : parts.at(-1);
  if (last === undefined || !addedParts.has(last)) return;
  while (parts.length > 1 && addedParts.has(parts.at(-1) ?? '')) parts.pop();
  const message = `images.registry ends in ${last}: the agent adds calico/node itself, which makes ${printable(registry.value)}/calico/node`;
  const hint = `write ${printable(parts.join('/'))}`;
  findings.warning(registry.place, 'image-registry-too-long', message, hint);
}

/** The parts of the paths below a registry, such as calico/node. */
const addedParts: ReadonlySet<string> = new Set(['calico', ...Object.values(publishedNames)]);

function checkImage(
  component: Component,
  image: Sourced<ImageReference>,
  { registry, version }: ImagesSettings,
  findings: Findings,
): void {
  const { value, place } = image;
  const what = `images.${component}`;
  const text = printable(referenceText(value));
  const { path, tag, digest } = value;
  const isOnHub = value.registry === undefined && registry === undefined;
  if (value.registry === undefined && tag === undefined && versionOfTag(path) !== undefined) {
    const hint = `write calico/${publishedNames[component]}:${printable(path)}, or version: ${printable(path)} for all images`;
    findings.error(place, 'image-only-version', `${what} is a version and no image`, hint);
    return;
  }
  if (isOnHub && !path.includes('/')) {
    const message = `${what} is "${text}", which is docker.io/library/${text}: Calico's images are below calico/`;
    const hint = `write calico/${publishedNames[component]}:v3.29.3, with your version`;
    findings.warning(place, 'image-library', message, hint);
  }
  if (value.registry !== undefined && /^[^.:[]*[A-Z][^.:[]*$/u.test(value.registry)) {
    const message = `${what} is "${text}", whose first part has capital letters: a container runtime takes it for the registry ${printable(value.registry)}`;
    const lower = { ...value, registry: value.registry.toLowerCase() };
    const hint = `write ${printable(referenceText(lower))}; a registry needs a domain or a port`;
    findings.warning(place, 'image-uppercase', message, hint);
  }
  checkName(component, image, findings);
  if (digest === undefined) {
    const used = tag ?? version?.value;
    if (used === undefined || tag === 'latest') moving(what, image, findings);
    else {
      const message = `${what} names the tag ${printable(used)} and no digest: somebody can give the tag to another image`;
      const hint = 'add @sha256: and the digest to pin the image';
      findings.note(place, 'image-not-pinned', message, hint);
    }
  }
  checkArchitecture(what, image, findings);
}

function moving(what: string, { place }: Sourced<unknown>, findings: Findings): void {
  const message = `${what} means the tag latest: each node runs what the registry had when it pulled the image`;
  findings.warning(place, 'image-latest', message, 'name a release, such as v3.29.3');
}

/** The image of another part of Calico would start, and do something else. */
function checkName(
  component: Component,
  { value: { path }, place }: Sourced<ImageReference>,
  findings: Findings,
): void {
  const last = path.split('/').at(-1) ?? '';
  const bare = last.replace(architecture, '');
  const other = components.find((one) => publishedNames[one] === bare);
  if (other === undefined || other === component) return;
  const message = `images.${component} is "${printable(path)}", which is the image for images.${other}`;
  const hint = `write calico/${publishedNames[component]}, or move the line to ${other}:`;
  findings.error(place, 'image-of-other-component', message, hint);
}

const architecture = /-(?:amd64|arm64|arm64v8|arm|armhf|armv7|ppc64le|s390x)$/u;

/** Charms of 2019 named an image for each architecture; since v3.6 Calico's images hold all of them. */
function checkArchitecture(
  what: string,
  { value: { path, tag = '' }, place }: Sourced<ImageReference>,
  findings: Findings,
): void {
  const found = architecture.exec(path)?.[0] ?? architecture.exec(tag)?.[0];
  if (found === undefined) return;
  const name = found.slice(1);
  const message = `${what} is for ${name} alone: nodes with another processor cannot run it`;
  const hint = `leave "${found}" out: the image without it is for all architectures`;
  findings.warning(place, 'image-one-architecture', message, hint);
}

/** Calico tests and publishes its images together. */
function checkVersions({ images, version }: ImagesSettings, findings: Findings): void {
  const known = components.flatMap((component) => {
    const image = images[component];
    if (image === undefined) return [];
    const { tag, digest } = image.value;
    const used = tag ?? (digest === undefined ? version?.value : undefined);
    const found = versionOfTag(used);
    return found === undefined ? [] : [{ component, image, found, tag: tagOf(used, found) }];
  });
  const [first, ...others] = known;
  const ofAll = versionOfTag(version?.value);
  const base =
    ofAll === undefined
      ? undefined
      : {
          name: 'images.version',
          text: ofAll.text,
          tag: tagOf(version?.value, ofAll),
        };
  const reference =
    base ??
    (first && { name: `images.${first.component}`, text: first.found.text, tag: first.tag });
  if (reference === undefined) return;
  for (const { component, image, found } of base === undefined ? others : known) {
    if (found.text === reference.text) continue;
    const message = `images.${component} is ${found.text}, and ${reference.name} is ${reference.text}: Calico's images of different releases are not made for each other`;
    const hint = `use ${reference.tag} for both`;
    findings.warning(image.place, 'images-differ', message, hint);
  }
}

/** Without the architecture or the build behind a dash, which belong to one image. */
function tagOf(used: string | undefined, { text }: ImageVersion): string {
  return used?.startsWith('v') === true ? `v${text}` : text;
}
