/** What the settings make of an image that runs now. */
import { isSameImage, parseReference, referenceText, type ImageReference } from './reference.ts';
import { publishedNames, type Component, type ImagesSettings } from './settings.ts';

/** Pure data: it goes into an edit of the cluster, and is the same on every node. */
export type ImageWish =
  /** This image. */
  | { readonly kind: 'whole'; readonly image: string }
  /** The image that runs, from another registry or with another tag. */
  | {
      readonly kind: 'changed';
      readonly registry?: string;
      readonly version?: string;
      /** `calico/node`: where another registry has it, if the image that runs is not one of Calico's own. */
      readonly usualPath: string;
    };

/** Undefined: the settings say nothing about this image. */
export function wishFor(
  component: Component,
  { registry, version, images }: ImagesSettings,
): ImageWish | undefined {
  const named = images[component]?.value;
  if (named !== undefined) {
    return {
      kind: 'whole',
      image: referenceText(completed(named, registry?.value, version?.value)),
    };
  }
  if (registry === undefined && version === undefined) return undefined;
  return {
    kind: 'changed',
    ...(registry !== undefined && { registry: registry.value }),
    ...(version !== undefined && { version: version.value }),
    usualPath: `calico/${publishedNames[component]}`,
  };
}

/** A reference without a registry or a tag gets those of the section. */
function completed(
  named: ImageReference,
  registry: string | undefined,
  version: string | undefined,
): ImageReference {
  const hasTag = named.tag !== undefined || named.digest !== undefined;
  return {
    ...(named.registry === undefined && registry !== undefined
      ? below(registry, named.path)
      : named),
    ...(hasTag
      ? {
          ...(named.tag !== undefined && { tag: named.tag }),
          ...(named.digest !== undefined && { digest: named.digest }),
        }
      : version !== undefined && { tag: version }),
  };
}

/** `registry.example/mirror` and `calico/node`. */
function below(registry: string, path: string): ImageReference {
  const slash = registry.indexOf('/');
  return slash === -1
    ? { registry, path }
    : { registry: registry.slice(0, slash), path: `${registry.slice(slash + 1)}/${path}` };
}

/**
 * The image to ask for, given the one that runs without our change. One that means the same is kept as it is written.
 * Undefined: the image that runs cannot be read, and the wish is to change a part of it.
 */
export function askedImage(wish: ImageWish, running: string | undefined): string | undefined {
  const parsed = running === undefined ? undefined : parseReference(running);
  const now = parsed?.ok === true ? parsed.value : undefined;
  if (wish.kind === 'whole') {
    const asked = parseReference(wish.image);
    const isSame = now !== undefined && asked.ok && isSameImage(now, asked.value);
    return isSame && running !== undefined ? running : wish.image;
  }
  if (now === undefined) return undefined;
  const { registry, version, usualPath } = wish;
  const { tag, digest, ...name } = now;
  const moved = registry === undefined ? name : below(registry, publishedPath(now.path, usualPath));
  return referenceText({
    ...moved,
    // Another registry has the same content under a digest, and another version has other content.
    ...(version !== undefined
      ? { tag: version }
      : { ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) }),
  });
}

/** The end of the path from `calico/` on: it is below the new registry what it was below the old one. */
function publishedPath(path: string, usual: string): string {
  const parts = path.split('/');
  return parts.at(-2) === 'calico' ? parts.slice(-2).join('/') : usual;
}
