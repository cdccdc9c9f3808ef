/**
 * Merges three manifests object by object: as the release of before shipped it, as it is on this node, and
 * as the new release ships it.
 */
import type { PlatformIssue } from '../../../../schemas/generated/agent-api/platform.ts';
import { createObjectReader, objectId, type ManifestObject } from './manifest-objects.ts';
import { mergeValues, type Carried, type Conflict } from './merge-values.ts';

export interface NamedManifest {
  /** For issues: its path. */
  readonly file: string;
  readonly text: string;
}

export interface ThreeManifests {
  readonly before: NamedManifest;
  readonly mine: NamedManifest;
  readonly shipped: NamedManifest;
}

/** An object that people added to the manifest, changed or took away. An empty path: the object as a whole. */
export type CarriedInObject = Carried & { readonly object: ManifestObject };
export type ConflictInObject = Conflict & { readonly object: ManifestObject };

export interface MergedManifests {
  readonly carried: readonly CarriedInObject[];
  readonly conflicts: readonly ConflictInObject[];
  /** Faults of one of the three; then nothing was merged. */
  readonly issues: readonly PlatformIssue[];
}

export function mergeManifests({ before, mine, shipped }: ThreeManifests): MergedManifests {
  const read = createObjectReader();
  const old = read(before.file, before.text);
  const own = read(mine.file, mine.text);
  const fresh = read(shipped.file, shipped.text);
  const issues = [old, own, fresh].flatMap((one) => one.issues);
  if (issues.length > 0) return { carried: [], conflicts: [], issues };
  const ids = new Set([old, own, fresh].flatMap(({ objects }) => [...objects.keys()]));
  const merged = [...ids].map((id) => {
    const three = [old, own, fresh].map(({ objects }) => objects.get(id));
    const object = three[2] ?? three[1] ?? three[0];
    if (object === undefined) throw new Error(`there is no object ${id}`);
    const [one, two, next] = three.map((each) => each?.value);
    return { object, ...mergeValues({ before: one, mine: two, shipped: next }) };
  });
  return {
    carried: merged.flatMap(({ object, carried }) => carried.map((one) => ({ ...one, object }))),
    conflicts: merged.flatMap(({ object, conflicts }) =>
      conflicts.map((one) => ({ ...one, object })),
    ),
    issues: [],
  };
}

/** The name that people write in an answer: `DaemonSet/kube-system/calico-node/spec/…/env/IP/value`. */
export function mergeId({ object, path }: Pick<CarriedInObject, 'object' | 'path'>): string {
  const steps = path.map((step) => {
    if (typeof step === 'string') return step;
    return 'item' in step ? step.item : step.value;
  });
  return [objectId(object), ...steps].join('/');
}
