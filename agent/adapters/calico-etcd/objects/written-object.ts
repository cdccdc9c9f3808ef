/** The objects as a change writes them: our fields, and everything else as it was. */
import { defaultsOfNew, ourFields } from '../../../../core/calico/kinds.ts';
import type { CalicoResource } from '../../../../core/calico/resource.ts';
import { ourPrefix, released } from '../../../../core/render/ownership.ts';
import { sameJson } from './same-json.ts';
import { recordAt, type RawObject } from './stored-object.ts';

export interface Birth {
  readonly uid: string;
  /** RFC 3339. */
  readonly at: string;
}

/**
 * The object with our fields, and with all other fields of the current one. A new object has the
 * fields that calicoctl gives it: without uid and creationTimestamp calicoctl could not update it
 * later.
 */
export function writtenObject(
  resource: CalicoResource,
  current: RawObject | undefined,
  birth: () => Birth,
): RawObject {
  const { apiVersion, kind, metadata } = resource;
  const { labels, annotations, ...others } = recordAt(current, 'metadata');
  const { uid, at } =
    isText(others['uid']) && isText(others['creationTimestamp'])
      ? { uid: others['uid'], at: others['creationTimestamp'] }
      : birth();
  return {
    ...current,
    kind,
    apiVersion,
    metadata: {
      name: metadata.name,
      uid,
      creationTimestamp: at,
      ...without(others, ['name', 'uid', 'creationTimestamp']),
      ...texts('labels', labels, metadata.labels),
      ...texts('annotations', othersAnnotations(annotations), metadata.annotations),
    },
    spec: writtenSpec(resource, current),
  };
}

/**
 * The spec: for a new object as the plan shows it, else with the other fields of the current one.
 */
function writtenSpec(resource: CalicoResource, current: RawObject | undefined): RawObject {
  if (current === undefined) return { ...defaultsOfNew(resource), ...resource.spec };
  const spec = recordAt(current, 'spec');
  const filled = Object.entries(defaultsOfNew(resource)).filter(([field, value]) =>
    sameJson(spec[field], value),
  );
  const foreign = without(spec, ourFields[resource.kind]);
  return { ...Object.fromEntries(filled), ...foreign, ...resource.spec };
}

/** The object without our marks; everything else stays as it is. */
export function releasedObject(resource: CalicoResource, current: RawObject): RawObject {
  const { labels, annotations } = released(resource).metadata;
  const metadata = without(recordAt(current, 'metadata'), ['labels', 'annotations']);
  return {
    ...current,
    metadata: {
      ...metadata,
      ...texts('labels', undefined, labels),
      ...texts('annotations', undefined, annotations),
    },
  };
}

/** Removes our annotations: the desired ones replace all of them. */
function othersAnnotations(annotations: unknown): RawObject {
  const all = Object.entries(recordAt({ annotations }, 'annotations'));
  return Object.fromEntries(all.filter(([name]) => !name.startsWith(ourPrefix)));
}

function texts(
  field: 'labels' | 'annotations',
  current: unknown,
  ours: Readonly<Record<string, string>> | undefined,
): RawObject {
  const all = { ...recordAt({ current }, 'current'), ...ours };
  return Object.keys(all).length === 0 ? {} : { [field]: all };
}

function without(record: RawObject, names: readonly string[]): RawObject {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
