/** Merges texts of which both sides changed another part: an image, or a text of several lines. */
import { applyPatch, structuredPatch } from 'diff';

/** @returns undefined where the changes touch each other */
export function mergeText(before: string, mine: string, shipped: string): string | undefined {
  return mergeImages(before, mine, shipped) ?? mergeLines(before, mine, shipped);
}

/** The tag or digest, and the rest: `docker.io/calico/node` and `:v3.29.3`. */
const image = /^([\w.-]+(?::\d+)?(?:\/[\w.-]+)+)((?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?)$/;

function partsOf(text: string): { readonly name: string; readonly tag: string } | undefined {
  const [, name, tag = ''] = image.exec(text) ?? [];
  return name === undefined ? undefined : { name, tag };
}

/** Somebody with a registry of their own changed the first part, and the release the second one. */
function mergeImages(before: string, mine: string, shipped: string): string | undefined {
  const [old, own, fresh] = [before, mine, shipped].map(partsOf);
  if (old === undefined || own === undefined || fresh === undefined) return undefined;
  const isMoved = old.name === fresh.name && old.tag === own.tag;
  return isMoved ? `${own.name}${fresh.tag}` : undefined;
}

/** A limit, because texts without common lines would take minutes. */
const maxEdits = 500;

/** The configuration of the CNI is a text of several lines inside of calico-config. */
function mergeLines(before: string, mine: string, shipped: string): string | undefined {
  if (![before, mine, shipped].every((one) => one.includes('\n'))) return undefined;
  const patch = structuredPatch('', '', before, mine, undefined, undefined, {
    context: 1,
    maxEditLength: maxEdits,
  });
  if (patch === undefined) return undefined;
  const merged = applyPatch(shipped, patch, { autoConvertLineEndings: false });
  return merged === false ? undefined : merged;
}
