/**
 * Pools whose deletion began and did not end: the driver has disabled and marked them. If a plan
 * does not delete such a pool any more, it enables it again.
 */
import type { CalicoResource, IPPool } from '../../calico/resource.ts';
import type { DesiredResource } from '../../render/desired.ts';
import type { Change, FieldChange } from '../plan.ts';
import type { ObservedResource } from '../../observe/observed.ts';

type Update = Extract<Change, { readonly action: 'update' }>;

/** Set together with `disabled`, by the agent that deletes the pool. */
export const drainingAnnotation = 'calico-agent/draining';

const why = {
  rule: 'its deletion began, and the configuration does not delete it any more',
  place: { pointer: '' },
};

export function isDraining({ kind, metadata }: CalicoResource): boolean {
  return kind === 'IPPool' && metadata.annotations?.[drainingAnnotation] !== undefined;
}

/** A desired pool whose deletion was begun is enabled again, unless the configuration disables it. */
export function enabledAgain(desired: DesiredResource, observed: CalicoResource): DesiredResource {
  const { resource, reasons } = desired;
  if (resource.kind !== 'IPPool' || !isDraining(observed)) return desired;
  const spec = { ...resource.spec, disabled: resource.spec.disabled ?? false };
  return {
    ...desired,
    resource: { ...resource, spec },
    reasons: { 'spec.disabled': [why], ...reasons },
  };
}

export function withoutDraining<T extends CalicoResource>(resource: T): T {
  const { annotations = {}, ...metadata } = resource.metadata;
  const { [drainingAnnotation]: _mark, ...kept } = annotations;
  return { ...resource, metadata: { ...metadata, annotations: kept } };
}

export function drainingField(resource: CalicoResource): readonly FieldChange[] {
  if (!isDraining(resource)) return [];
  const before = resource.metadata.annotations?.[drainingAnnotation];
  const path = `metadata.annotations.${drainingAnnotation}`;
  return [{ path, before, after: undefined, reasons: [why] }];
}

/** Enables undesired pools that stay. They get no marks of ours. */
export function enableAgain(stays: readonly ObservedResource[]): readonly Update[] {
  return stays.flatMap(({ resource, owner, version }): readonly Update[] => {
    if (resource.kind !== 'IPPool' || !isDraining(resource)) return [];
    const enabled: IPPool = withoutDraining({
      ...resource,
      spec: { ...resource.spec, disabled: false },
    });
    const before = resource.spec.disabled;
    const field = { path: 'spec.disabled', before, after: false, reasons: [why] };
    return [
      {
        action: 'update',
        scope: owner?.scope ?? { kind: 'cluster' },
        before: resource,
        ...(version !== undefined && { version }),
        resource: enabled,
        keepsMarks: true,
        fields: [...(before === true ? [field] : []), ...drainingField(resource)],
      },
    ];
  });
}
