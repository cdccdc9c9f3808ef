/** The `images:` section in cni.yaml. The living objects are changed as on every platform: core/platform/images/. */
import { askedImage, wishFor } from '../../../config/images/asked-image.ts';
import { isSameImage, parseReference } from '../../../config/images/reference.ts';
import type { ImagesSettings } from '../../../config/images/settings.ts';
import { issueAt } from '../../../findings.ts';
import type { FileEdit, YamlStep } from '../../edit/file-edit.ts';
import { reasonsOfImage } from '../../images/cluster-edits.ts';
import { imageWorkloads, type ImageWorkload } from '../../images/workloads.ts';
import { manifestWorkloads, type ManifestWorkload } from '../manifest-images.ts';
import { nothingAsked, refusedWith, type Asked } from './asked.ts';
import type { UsableManifest } from './usable-manifest.ts';

export function askImages(
  settings: ImagesSettings,
  { path }: Extract<UsableManifest, { readonly ok: true }>,
  text: string,
): Asked {
  const found = manifestWorkloads(text);
  const missing = imageWorkloads.flatMap(({ component, object }) => {
    const named = settings.images[component];
    const isThere = found.some(({ kind, name }) => kind === object.kind && name === object.name);
    if (named === undefined || isThere) return [];
    const message = `cannot change ${path}: it has no ${object.kind} ${object.name}`;
    const hint = `leave ${component} out`;
    return [issueAt(named.place, 'error', 'microk8s-place-missing', message, hint)];
  });
  if (missing.length > 0) return refusedWith(...missing);
  const files = imageWorkloads.flatMap((workload) => {
    const { kind, name } = workload.object;
    const own = found.find((one) => one.kind === kind && one.name === name);
    if (own === undefined) return [];
    return [...imageEdits(settings, workload, own, path), ...pullSecretEdit(settings, own, path)];
  });
  return { ...nothingAsked, files };
}

const spec: readonly YamlStep[] = ['spec', 'template', 'spec'];

function imageEdits(
  settings: ImagesSettings,
  { places }: ImageWorkload,
  { kind, name, images }: ManifestWorkload,
  path: string,
): readonly FileEdit[] {
  return places.flatMap(({ list, container, component }): readonly FileEdit[] => {
    const running = images.get(`${list}/${container}`);
    const wish = wishFor(component, settings);
    if (running === undefined || wish === undefined) return [];
    const asked = askedImage(wish, running);
    if (asked === undefined) return [];
    const [now, next] = [parseReference(running), parseReference(asked)];
    const isSame = now.ok && next.ok && isSameImage(now.value, next.value);
    const at = [...spec, list, { key: 'name', value: container }, 'image'];
    const reasons = reasonsOfImage(component, settings);
    const value = isSame ? running : asked;
    return [{ form: 'yaml', path, document: { kind, name }, at, value, reasons }];
  });
}

/** A list that is there may have other Secrets in it. */
function pullSecretEdit(
  { pullSecret }: ImagesSettings,
  { kind, name, pullSecrets }: ManifestWorkload,
  path: string,
): readonly FileEdit[] {
  if (pullSecret === undefined) return [];
  const item = { name: pullSecret.value };
  const base = { form: 'yaml', path, document: { kind, name } } as const;
  const reasons = [{ rule: 'images pullSecret', place: pullSecret.place }];
  const list = [...spec, 'imagePullSecrets'];
  return pullSecrets === undefined
    ? [{ ...base, at: list, value: [item], reasons }]
    : [{ ...base, at: [...list, { key: 'name', value: item.name }], value: item, reasons }];
}
