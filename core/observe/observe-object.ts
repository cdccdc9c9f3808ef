/** A Calico object as a datastore holds it: one that a plan can work with, or a name that is taken. */
import { textAt } from '../facts/plain-data.ts';
import type { TakenName } from '../plan/plan.ts';
import type { CalicoResource, ResourceKind } from '../render/desired.ts';
import { parseResource, type ParsedResource } from './parse-resource.ts';

export type ObservedObject =
  | { readonly kind: 'resource'; readonly resource: CalicoResource }
  | { readonly kind: 'taken'; readonly taken: TakenName };

/** @param name by which the datastore knows it, also where the object does not say it */
export function observeObject(kind: ResourceKind, name: string, document: unknown): ObservedObject {
  const parsed = parseResource(document);
  if (parsed.kind === 'resource' && parsed.resource.kind === kind) return parsed;
  return { kind: 'taken', taken: { kind, name, why: takenReason(kind, document, parsed) } };
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
  if (kind !== 'BGPPeer') return 'it has no cidr';
  const selector = ['peerSelector', 'localWorkloadSelector'].find(
    (field) => (textAt(document, 'spec', field) ?? '') !== '',
  );
  return selector === undefined ? 'it has no peerIP or no asNumber' : `it has a ${selector}`;
}
