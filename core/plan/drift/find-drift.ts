/** Finds drift: a plan for the revision in force, read in reverse. */
import { managedBy } from '../../render/ownership.ts';
import type { DriftedField } from './drifted-field.ts';
import { objectKey } from '../../calico/resource.ts';
import type { AnyChange, AnyPlan } from '../plan.ts';
import type { FieldWriter, Observed } from '../../observe/observed.ts';

/**
 * @param plan the plan for the revision in force; @param observed the state from which it was made
 */
export function findDrift(plan: AnyPlan, observed: Observed): readonly DriftedField[] {
  const writers = new Map(
    observed.resources.map((one) => [objectKey(one.resource), one.writers ?? []]),
  );
  const found = plan.steps
    .flatMap(({ changes }) => changes)
    .flatMap((change) => driftOf(change, writers));
  return withoutRepetition(found);
}

type Writers = ReadonlyMap<string, readonly FieldWriter[]>;

function driftOf(change: AnyChange, writers: Writers): readonly DriftedField[] {
  switch (change.action) {
    case 'create': {
      const { kind, metadata, spec } = change.resource;
      return [{ kind, name: metadata.name, desired: spec, observed: undefined }];
    }
    case 'delete': {
      const { kind, name, before } = change;
      const writer = newestOther(writers.get(objectKey(before)));
      return [{ kind, name, desired: undefined, observed: before.spec, ...signed(writer) }];
    }
    case 'update': {
      const { kind, metadata } = change.before;
      const all = writers.get(objectKey(change.before));
      return change.fields.map(({ path, before, after }) => ({
        ...{ kind, name: metadata.name, path, desired: after, observed: before },
        ...signed(newestOther(all, path)),
      }));
    }
    case 'patch-node':
      return change.fields.map(({ path, before, after }) => ({
        ...{ kind: 'Node', name: change.node, path, desired: after, observed: before },
      }));
    case 'release':
    case 'restart-service':
    case 'rollout':
    case 'end-rollout':
    case 'delete-pods':
    case 'forget-interface':
      return [];
    case 'set-source-dest-check':
      return change.fields.map(({ path, before, after }) => ({
        ...{
          kind: 'NetworkInterface',
          name: change.interface,
          path,
          desired: after,
          observed: before,
        },
      }));
    case 'apply-object': {
      const { kind, namespace, name } = change.object;
      const whole = namespace === undefined ? name : `${namespace}/${name}`;
      return change.fields.map(({ path, before, after }) => ({
        ...{ kind, name: whole, path, desired: after, observed: before },
      }));
    }
    case 'delete-object': {
      const { kind, namespace, name } = change.object;
      const whole = namespace === undefined ? name : `${namespace}/${name}`;
      return [{ kind, name: whole, desired: undefined, observed: 'present' }];
    }
    case 'edit-file':
      return change.fields.map(({ path, before, after }) => ({
        ...{ kind: 'File', name: change.path, path, desired: after, observed: before },
      }));
    case 'mount-bpffs':
      return [{ kind: 'Mount', name: change.path, desired: 'bpf', observed: undefined }];
    case 'set-lxd-profile': {
      if (change.isNew) return [];
      const { project, profile } = change;
      const name = project === 'default' ? profile : `${project}/${profile}`;
      return change.fields.map(({ path, before, after }) => ({
        ...{ kind: 'LXDProfile', name, path, desired: after, observed: before },
      }));
    }
  }
}

/**
 * The newest other field manager of a path, or of any field without a path. Writers are sorted,
 * newest first.
 */
function newestOther(writers: readonly FieldWriter[] = [], path?: string): FieldWriter | undefined {
  return writers.find(
    ({ manager, paths }) =>
      manager !== managedBy &&
      (path === undefined || paths.some((owned) => isWithin(owned, path) || isWithin(path, owned))),
  );
}

/**
 * Whether a path is within another: `spec.serviceClusterIPs[0]` is within `spec.serviceClusterIPs`,
 * and that within `spec`.
 */
function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(`${outer}.`) || inner.startsWith(`${outer}[`);
}

function signed(writer: FieldWriter | undefined): Pick<DriftedField, 'by' | 'at'> {
  if (writer === undefined) return {};
  return { by: writer.manager, ...(writer.at !== undefined && { at: writer.at }) };
}

/**
 * Leaves out repeated fields: a plan patches a node several times, and each patch continues from
 * the previous one.
 */
function withoutRepetition(fields: readonly DriftedField[]): readonly DriftedField[] {
  const merged = new Map<string, DriftedField>();
  for (const field of fields) {
    const key = [field.kind, field.name, field.path ?? ''].join(' ');
    const known = merged.get(key);
    merged.set(key, known === undefined ? field : { ...known, desired: field.desired });
  }
  return [...merged.values()];
}
