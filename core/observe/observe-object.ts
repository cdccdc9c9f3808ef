/** Reads a Calico object of a datastore: the result is a resource for plans, or a taken name. */
import { textAt } from '../input/plain-data.ts';
import type { TakenName } from './observed.ts';

import type { CalicoResource, ResourceKind } from '../calico/resource.ts';
import { isCalicoVersion, parseResource, type ParsedResource } from './parse-resource.ts';

export type ObservedObject =
  | { readonly kind: 'resource'; readonly resource: CalicoResource }
  | { readonly kind: 'taken'; readonly taken: TakenName };

/** @param name its name in the datastore, also if the object itself does not have it */
export function observeObject(kind: ResourceKind, name: string, document: unknown): ObservedObject {
  const parsed = parseResource(document);
  if (parsed.kind === 'resource' && parsed.resource.kind === kind) {
    const ownName = parsed.resource.metadata.name;
    if (ownName === name) return parsed;
    const why = `its metadata.name is "${ownName}"`;
    return { kind: 'taken', taken: { kind, name, why, isUnreadable: true } };
  }
  const why = takenReason(kind, document, parsed);
  const isSound = parsed.kind === 'foreign' && selectorOf(kind, document) !== undefined;
  return { kind: 'taken', taken: { kind, name, why, ...(!isSound && { isUnreadable: true }) } };
}

function takenReason(kind: ResourceKind, document: unknown, parsed: ParsedResource): string {
  switch (parsed.kind) {
    case 'resource':
      return `its kind is ${parsed.resource.kind}`;
    case 'broken':
      return parsed.message;
    case 'foreign':
      return foreignReason(kind, document);
  }
}

function foreignReason(kind: ResourceKind, document: unknown): string {
  const says = textAt(document, 'kind');
  if (says !== kind) {
    return says === undefined ? 'it has no kind' : `its kind is ${says}`;
  }
  const selector = selectorOf(kind, document);
  if (selector !== undefined) return `it has a ${selector}`;
  if (!isCalicoVersion(textAt(document, 'apiVersion')))
    return 'its apiVersion is not one of Calico';
  return kind === 'BGPPeer' ? 'it has no peerIP or no asNumber' : 'it has no cidr';
}

/** The field that a valid BGPPeer may have in place of peerIP. */
function selectorOf(kind: ResourceKind, document: unknown): string | undefined {
  if (kind !== 'BGPPeer' || textAt(document, 'kind') !== kind) return undefined;
  return ['peerSelector', 'localWorkloadSelector'].find(
    (field) => (textAt(document, 'spec', field) ?? '') !== '',
  );
}
