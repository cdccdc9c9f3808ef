/** A Calico object as a datastore holds it: one that a plan can work with, or a name that is taken. */
import { textAt } from '../input/plain-data.ts';
import type { TakenName } from './observed.ts';

import type { CalicoResource, ResourceKind } from '../calico/resource.ts';
import { isCalicoVersion, parseResource, type ParsedResource } from './parse-resource.ts';

export type ObservedObject =
  | { readonly kind: 'resource'; readonly resource: CalicoResource }
  | { readonly kind: 'taken'; readonly taken: TakenName };

/** @param name by which the datastore knows it, also where the object does not say it */
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
      return `it says that it is a ${parsed.resource.kind}`;
    case 'broken':
      return parsed.message;
    case 'foreign':
      return foreignReason(kind, document);
  }
}

function foreignReason(kind: ResourceKind, document: unknown): string {
  const says = textAt(document, 'kind');
  if (says !== kind) {
    return says === undefined ? 'it does not say what it is' : `it says that it is a ${says}`;
  }
  const selector = selectorOf(kind, document);
  if (selector !== undefined) return `it has a ${selector}`;
  if (!isCalicoVersion(textAt(document, 'apiVersion')))
    return 'its apiVersion is not one of Calico';
  return kind === 'BGPPeer' ? 'it has no peerIP or no asNumber' : 'it has no cidr';
}

/** What a sound BGPPeer may have in place of a peerIP. */
function selectorOf(kind: ResourceKind, document: unknown): string | undefined {
  if (kind !== 'BGPPeer' || textAt(document, 'kind') !== kind) return undefined;
  return ['peerSelector', 'localWorkloadSelector'].find(
    (field) => (textAt(document, 'spec', field) ?? '') !== '',
  );
}
