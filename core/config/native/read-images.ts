/** Reads the `images:` section of the native dialect. Leaves out everything that the schema refused. */
import type { Findings } from '../../findings.ts';
import { parseReference, tagFault, type ReferenceFault } from '../images/reference.ts';
import { parseRegistry } from '../images/registry.ts';
import { components, owners, type Component, type ImagesSettings } from '../images/settings.ts';
import { withoutUndefined } from '../../without-undefined.ts';
import { checkImages } from '../images/check-images.ts';
import type { Sourced } from '../sourced.ts';
import type { Located } from '../yaml/located.ts';
import { fieldsOf, oneOf, textOf } from '../yaml/read-values.ts';

export function readImages(
  node: Located | undefined,
  findings: Findings,
): ImagesSettings | undefined {
  if (node?.kind !== 'map') return undefined;
  const fields = fieldsOf(node);
  const owner = oneOf(fields.get('installedBy'), owners);
  const settings: ImagesSettings = withoutUndefined({
    installedBy: owner?.value ?? ('manifest' as const),
    registry: readRegistry(fields.get('registry'), findings),
    version: readVersion(fields.get('version'), findings),
    images: Object.fromEntries(
      components.flatMap((name) => {
        const read = readReference(name, fields.get(name), findings);
        return read === undefined ? [] : [[name, read]];
      }),
    ),
    pullSecret: readSecretName(fields.get('pullSecret'), findings),
    place: node.place,
    ownerPlace: owner?.place ?? node.place,
  });
  const named = new Set(fields.keys());
  checkImages(settings, named, findings);
  return settings;
}

function readRegistry(node: Located | undefined, findings: Findings): Sourced<string> | undefined {
  const text = textOf(node);
  if (text === undefined) return undefined;
  const parsed = parseRegistry(text.value);
  if (parsed.ok) return { ...text, value: parsed.value };
  report('images.registry', text, parsed.fault, findings);
  return undefined;
}

function readVersion(node: Located | undefined, findings: Findings): Sourced<string> | undefined {
  const text = textOf(node);
  if (text === undefined) return undefined;
  const fault = tagFault(text.value);
  if (fault === undefined) return text;
  report('images.version', text, fault, findings);
  return undefined;
}

function readReference(
  name: Component,
  node: Located | undefined,
  findings: Findings,
): ImagesSettings['images'][Component] {
  const text = textOf(node);
  if (text === undefined) return undefined;
  const parsed = parseReference(text.value);
  if (parsed.ok) return { value: parsed.value, place: text.place };
  report(`images.${name}`, text, parsed.fault, findings);
  return undefined;
}

function report(
  what: string,
  { place }: Sourced<string>,
  { code, message, hint }: ReferenceFault,
  findings: Findings,
): void {
  findings.error(place, code, `cannot use ${what}: ${message}`, hint);
}

const longestName = 253;

/** What is written here may be the secret itself, so that no message shows it. */
function readSecretName(
  node: Located | undefined,
  findings: Findings,
): Sourced<string> | undefined {
  const text = textOf(node);
  if (text === undefined) return undefined;
  const { value, place } = text;
  const form = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/u;
  if (value.length <= longestName && form.test(value)) return text;
  const message =
    'cannot use images.pullSecret: it is no name of a Secret (small letters, digits, "-" and ".", 253 at most); what is written is not shown';
  const hint =
    'write the name alone, such as registry-credentials, and put the credentials into that Secret of Kubernetes';
  findings.error(place, 'image-pull-secret', message, hint);
  return undefined;
}
