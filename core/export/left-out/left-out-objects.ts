/** Issues for objects that a NetworkConfig cannot express at all. */
import { resourceKinds } from '../../calico/kinds.ts';
import type { ResourceKind } from '../../calico/resource.ts';
import { isMap, textAt, valueAt } from '../../input/plain-data.ts';
import type { Issue } from '../../issue.ts';
import { isCalicoVersion, parseResource } from '../../observe/parse-resource.ts';
import type { TakenName } from '../../observe/observed.ts';
import { ownerOf } from '../../render/ownership.ts';
import { exportIssue, fieldText, leftOut, objectText } from './left-out.ts';
import { leftOutFields } from './left-out-fields.ts';

/** Fields of an object that are shown. */
const shownFields = 10;

/** One issue for each object; for the known kinds also for their other fields. */
export function leftOutObjects(
  documents: readonly unknown[],
  taken: readonly TakenName[],
): readonly Issue[] {
  const named = new Set<string>();
  const issues = documents.flatMap((document) => {
    named.add(objectText(idOf(document)));
    return issuesOf(document);
  });
  const others = taken
    .filter((one) => !named.has(objectText(one)))
    .map(({ kind, name, why }) =>
      leftOut({ kind, name, tie: 'none' }, `is not understood (${why})`),
    );
  return [...issues, ...others];
}

/** The fields of BGPPeers that a NetworkConfig does not have, by the object's name. */
export function leftOutOfPeers(
  documents: readonly unknown[],
): (peer: { readonly metadata: { readonly name: string } }) => readonly string[] {
  const fieldsByName = new Map<string, readonly string[]>();
  for (const document of documents) {
    if (textAt(document, 'kind') !== 'BGPPeer') continue;
    if (!isCalicoVersion(textAt(document, 'apiVersion'))) continue;
    const fields = leftOutFields('BGPPeer', document);
    if (fields.length > 0) fieldsByName.set(idOf(document).name, fields);
  }
  return ({ metadata }) => fieldsByName.get(metadata.name) ?? [];
}

function issuesOf(document: unknown): readonly Issue[] {
  const id = idOf(document);
  // Passes over kinds of the same names from MetalLB and others.
  if (!isCalicoVersion(textAt(document, 'apiVersion'))) return [];
  if (id.kind === 'BGPFilter') return [leftOut({ ...id, tie: 'none' }, 'is a filter of routes')];
  const kind = resourceKinds.find((known) => known === id.kind);
  if (kind === undefined) return [];
  const parsed = parseResource(document);
  if (parsed.kind === 'broken') {
    return [leftOut({ ...id, tie: 'none' }, `is broken (${parsed.message})`)];
  }
  if (parsed.kind === 'foreign') {
    return [
      leftOut({ ...id, tie: 'none' }, `says ${wholeSpec(document)}${missing(kind, document)}`),
    ];
  }
  const isOurs = ownerOf(parsed.resource) !== undefined;
  if (kind === 'BGPPeer') return isOurs ? fieldIssues(kind, id.name, document) : [];
  if (kind === 'BGPConfiguration' && id.name !== 'default') {
    return [leftOut({ ...id, tie: 'none' }, `says ${wholeSpec(document)} for one node`)];
  }
  return fieldIssues(kind, id.name, document);
}

function fieldIssues(kind: ResourceKind, name: string, document: unknown): readonly Issue[] {
  return leftOutFields(kind, document).map((field) => {
    const message = `${objectText({ kind, name })} has ${field}, for which there are no words here: it stays as it is, not managed`;
    return exportIssue('note', 'export-field-left-out', message);
  });
}

function wholeSpec(document: unknown): string {
  const spec = valueAt(document, 'spec');
  const fields = isMap(spec) ? Object.entries(spec) : [];
  if (fields.length === 0) return 'nothing';
  const texts = fields.slice(0, shownFields).map(([field, value]) => fieldText(field, value));
  return [...texts, ...(fields.length > shownFields ? ['more'] : [])].join(', ');
}

/**
 * Names a missing field: without an AS number BIRD refuses its whole file, so that no later change
 * takes effect.
 */
function missing(kind: ResourceKind, document: unknown): string {
  const needed = kind === 'BGPPeer' ? 'asNumber' : 'cidr';
  const hasPeerIp = kind !== 'BGPPeer' || valueAt(document, 'spec', 'peerIP') !== undefined;
  return hasPeerIp && valueAt(document, 'spec', needed) === undefined ? `, and no ${needed}` : '';
}

function idOf(document: unknown): { readonly kind: string; readonly name: string } {
  return {
    kind: textAt(document, 'kind') ?? '',
    name: textAt(document, 'metadata', 'name') ?? '',
  };
}
