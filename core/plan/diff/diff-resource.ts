/** Desired × observed for one resource: the least difference, and its result. */
import type { CalicoResource } from '../../calico/resource.ts';
import { parseNetwork } from '../../config/net/address.ts';
import { managedBy, managedByLabel, scopeAnnotation, scopeText } from '../../render/ownership.ts';
import type { DesiredResource } from '../../render/desired.ts';
import type { Reason } from '../../resolve/resolution.ts';
import { defaultsOf, defaultsOfNew, ourFields } from '../../calico/kinds.ts';
import type { FieldChange } from '../plan.ts';
import type { Observed, ObservedResource } from '../../observe/observed.ts';

type Spec = Readonly<Record<string, unknown>>;

export interface Difference {
  readonly resource: CalicoResource;
  /** Empty: nothing to do. */
  readonly fields: readonly FieldChange[];
}

/** The fields of a new object's spec. */
export function createdFields(
  { resource, reasons }: DesiredResource,
  { fillsDefaults }: Pick<Observed, 'fillsDefaults'>,
): readonly FieldChange[] {
  const given = Object.entries(resource.spec).map(([field, after]) =>
    fieldChange(`spec.${field}`, undefined, after, reasons),
  );
  if (fillsDefaults !== true) return given;
  const isDesired = new Set(Object.keys(resource.spec));
  const defaults = Object.entries(defaultsOfNew(resource)).filter(
    ([field]) => !isDesired.has(field),
  );
  const [first] = Object.values(reasons).flat();
  const why = { rule: 'Calico’s default', place: first?.place ?? { pointer: '' } };
  return [
    ...given,
    ...defaults.map(([field, after]) =>
      fieldChange(`spec.${field}`, undefined, after, { [`spec.${field}`]: [why] }),
    ),
  ];
}

/** Compares only our fields; all others of the object stay. */
export function diffResource(desired: DesiredResource, observed: ObservedResource): Difference {
  const spec = diffSpec(desired, observed);
  const marks = diffMarks(desired, observed);
  return {
    resource: merged(desired.resource, observed.resource, spec),
    fields: [...spec, ...marks],
  };
}

function diffSpec(
  { resource, reasons }: DesiredResource,
  observed: ObservedResource,
): FieldChange[] {
  const after: Spec = { ...resource.spec };
  const before: Spec = { ...observed.resource.spec };
  const defaults = defaultsOf(observed.resource);
  return ourFields[resource.kind].flatMap((field) => {
    const isDesired = after[field] !== undefined;
    // In a pool or BGPConfiguration an absent field is not managed. A peer has exactly our fields.
    if (!isDesired && (resource.kind !== 'BGPPeer' || before[field] === undefined)) return [];
    const isSame = isSameValue(after[field] ?? defaults[field], before[field] ?? defaults[field]);
    return isSame ? [] : [fieldChange(`spec.${field}`, before[field], after[field], reasons)];
  });
}

export function isSameValue(one: unknown, other: unknown): boolean {
  return comparable(one) === comparable(other);
}

/**
 * A comparable text: neither the order in lists of networks nor the spelling of a network matters.
 */
function comparable(value: unknown): string {
  if (Array.isArray(value)) return JSON.stringify(value.map(comparable).sort());
  if (typeof value === 'object' && value !== null && 'cidr' in value) return comparable(value.cidr);
  const network = typeof value === 'string' ? parseNetwork(value) : undefined;
  return JSON.stringify(network?.ok === true ? network.value.network.cidr : (value ?? null));
}

/**
 * The difference in marks. An object with the same meaning and without our marks gets them, so that
 * it is recognised later.
 */
function diffMarks(
  { scope, reasons }: DesiredResource,
  { owner }: ObservedResource,
): FieldChange[] {
  if (owner === undefined) {
    const path = `metadata.labels.${managedByLabel}`;
    return [{ path, before: undefined, after: managedBy, reasons: adopting(reasons) }];
  }
  const before = scopeText(owner.scope);
  const after = scopeText(scope);
  const path = `metadata.annotations.${scopeAnnotation}`;
  return before === after ? [] : [{ path, before, after, reasons: adopting(reasons) }];
}

function adopting(reasons: DesiredResource['reasons']): readonly Reason[] {
  const [first] = Object.values(reasons).flat();
  const rule = 'adopted: the configuration asks for it, and it has no marks of this scope';
  return [{ rule, place: first?.place ?? { pointer: '' } }];
}

function fieldChange(
  path: string,
  before: unknown,
  after: unknown,
  reasons: DesiredResource['reasons'],
): FieldChange {
  return { path, before, after, reasons: reasons[path] ?? Object.values(reasons)[0] ?? [] };
}

/** The observed object, under its own name, with our desired fields. */
function merged<T extends CalicoResource>(
  desired: T,
  observed: CalicoResource,
  changes: readonly FieldChange[],
): T {
  const gone = new Set(changes.filter(({ after }) => after === undefined).map(({ path }) => path));
  const kept = Object.entries(observed.spec).filter(([field]) => !gone.has(`spec.${field}`));
  const { name } = observed.metadata;
  const metadata = { ...observed.metadata, ...desired.metadata, name };
  return { ...desired, metadata, spec: { ...Object.fromEntries(kept), ...desired.spec } };
}
