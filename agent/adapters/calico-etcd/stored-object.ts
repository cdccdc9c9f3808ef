/** One of Calico's objects as etcd has it: one line of JSON, with fields that we do not know. */
import { parseResource } from '../../../core/observe/parse-resource.ts';
import type { ObservedResource, TakenName } from '../../../core/plan/plan.ts';
import type { CalicoResource, ResourceKind } from '../../../core/render/desired.ts';
import { ownerOf } from '../../../core/render/ownership.ts';
import type { StoredKey } from '../../../runtime/etcd/keys.ts';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { jsonValue } from '../../../core/input/parse-json.ts';

export type RawObject = Readonly<Record<string, unknown>>;

/** undefined: no JSON object, which Calico's own readers skip in silence, or nested beyond reason. */
export function parseValue(value: string): RawObject | undefined {
  const data = jsonValue(value, jsonBounds.object);
  return isRecord(data) ? data : undefined;
}

export type ReadResource =
  | { readonly kind: 'resource'; readonly resource: CalicoResource }
  | { readonly kind: 'taken'; readonly why: string };

export function readResource(
  kind: ResourceKind,
  name: string,
  raw: RawObject | undefined,
): ReadResource {
  if (raw === undefined)
    return { kind: 'taken', why: 'its value in etcd is no JSON object, or is nested too deep' };
  const parsed = parseResource(raw);
  if (parsed.kind === 'broken') return { kind: 'taken', why: parsed.message };
  if (parsed.kind === 'foreign') {
    return { kind: 'taken', why: 'it says what calico-agent never does, such as a peerSelector' };
  }
  const { resource } = parsed;
  if (resource.kind !== kind)
    return { kind: 'taken', why: `its value says that it is a ${resource.kind}` };
  return resource.metadata.name === name
    ? { kind: 'resource', resource }
    : { kind: 'taken', why: `its metadata.name is "${resource.metadata.name}"` };
}

/** What a key holds, as a plan has it. */
export function observeKey(
  kind: ResourceKind,
  name: string,
  { value, modified }: StoredKey,
): { readonly resource: ObservedResource } | { readonly taken: TakenName } {
  const read = readResource(kind, name, parseValue(value));
  if (read.kind === 'taken') return { taken: { kind, name, why: read.why } };
  const { resource } = read;
  const owner = ownerOf(resource);
  return { resource: { resource, version: modified, ...(owner !== undefined && { owner }) } };
}

function isRecord(data: unknown): data is RawObject {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}

export function recordAt(data: RawObject | undefined, field: string): RawObject {
  const value = data?.[field];
  return isRecord(value) ? value : {};
}
