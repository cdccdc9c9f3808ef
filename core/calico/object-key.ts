import type { CalicoResource } from '../render/desired.ts';

/** One key per object: names count within their kind. */
export function objectKey({
  kind,
  metadata,
}: Pick<CalicoResource, 'kind'> & { readonly metadata: { readonly name: string } }): string {
  return `${kind}/${metadata.name}`;
}
