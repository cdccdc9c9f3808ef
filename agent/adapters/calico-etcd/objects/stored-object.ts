/** Reads one of Calico's objects from etcd: one line of JSON, with fields that we do not know. */
import { observeObject, type ObservedObject } from '../../../../core/observe/observe-object.ts';
import { observedResource } from '../../../../core/observe/observed-resource.ts';
import type { ObservedResource, TakenName } from '../../../../core/observe/observed.ts';
import type { ResourceKind } from '../../../../core/calico/resource.ts';
import type { StoredKey } from '../../../../runtime/etcd/keys.ts';
import { textAt, valueAt } from '../../../../core/input/plain-data.ts';
import { jsonBounds, type JsonBounds } from '../../../../core/input/bounds.ts';
import { parseJsonInTurns } from '../../../../runtime/pacing/parse-json-in-turns.ts';
import { jsonValue } from '../../../../core/input/parse-json.ts';
import { keyOf } from '../keys.ts';

export type RawObject = Readonly<Record<string, unknown>>;

/** undefined: no JSON object, which Calico's own readers skip in silence, or beyond the bounds. */
export function parseValue(
  value: string,
  bounds: JsonBounds = jsonBounds.object,
): RawObject | undefined {
  const data = jsonValue(value, bounds);
  return isRecord(data) ? data : undefined;
}

/** Longer values are parsed in turns of the event loop: any user of etcd may write 1.5 MB. */
export const longValue = 16_384;

/** As parseValue, but does not hold up the event loop; a short value is parsed at once. */
export function whenParsed<R>(
  value: string,
  use: (raw: RawObject | undefined) => R,
  bounds: JsonBounds = jsonBounds.object,
): R | Promise<R> {
  return value.length <= longValue
    ? use(parseValue(value, bounds))
    : parseLong(value, bounds).then(use);
}

async function parseLong(value: string, bounds: JsonBounds): Promise<RawObject | undefined> {
  const parsed = await parseJsonInTurns(value, bounds);
  return parsed.ok && isRecord(parsed.data) ? parsed.data : undefined;
}

/** A key's value as a resource. The name is the key's, because the value may have another one. */
export function readResource(
  kind: ResourceKind,
  name: string,
  raw: RawObject | undefined,
): ObservedObject {
  if (raw !== undefined) return observeObject(kind, name, raw);
  return { kind: 'taken', taken: { kind, name, why: noObject, isUnreadable: true } };
}

/** Why the agent must not patch the value; undefined: it is the Node of this name. */
export function faultOfNode(name: string, raw: RawObject | undefined): string | undefined {
  if (raw === undefined) return noObject;
  const said = textAt(raw, 'kind') ?? 'Node';
  if (said !== 'Node') return `its kind is ${said}`;
  const saidName = textAt(raw, 'metadata', 'name') ?? name;
  if (saidName !== name) return `its metadata.name is "${saidName}"`;
  const odd = nodeParts.find((part) => {
    const value = valueAt(raw, ...part) ?? undefined;
    return value !== undefined && !isRecord(value);
  });
  return odd === undefined ? undefined : `its ${odd.join('.')} is no JSON object`;
}

/** The parts of a Node that the agent patches, and the objects around them. */
const nodeParts = [['metadata'], ['metadata', 'labels'], ['spec'], ['spec', 'bgp']] as const;

export const noObject =
  'its value in etcd is no JSON object, is nested too deep, or has too many values';

/**
 * The command that shows the key. In single quotes for a shell, because somebody else chose the
 * name.
 */
export function lookingWith(key: string): string {
  return `etcdctl get '${key.replaceAll("'", "'\\''")}'`;
}

/** A key's value in the form that plans use. @param raw its parsed value */
export function observeKey(
  kind: ResourceKind,
  name: string,
  { modified }: StoredKey,
  raw: RawObject | undefined,
): { readonly resource: ObservedResource } | { readonly taken: TakenName } {
  const read = readResource(kind, name, raw);
  if (read.kind === 'resource')
    return { resource: observedResource(read.resource, { version: modified }) };
  const { taken } = read;
  if (taken.isUnreadable !== true) return { taken };
  return { taken: { ...taken, showWith: lookingWith(keyOf(kind, name)) } };
}

function isRecord(data: unknown): data is RawObject {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}

export function recordAt(data: RawObject | undefined, field: string): RawObject {
  const value = data?.[field];
  return isRecord(value) ? value : {};
}
