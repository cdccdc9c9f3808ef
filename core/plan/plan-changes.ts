/** Desired × observed → the least changes, in an order that adds before it takes away. */
import { byText } from '../by-text.ts';
import type { Issue } from '../issue.ts';
import type { CalicoResource, Desired } from '../render/desired.ts';
import { shareText } from '../render/ownership.ts';
import { createdFields, diffResource } from './diff-resource.ts';
import { diffNode } from './diff-node.ts';
import { orderSteps } from './order-steps.ts';
import type { Change, Observed, ObservedResource, Plan } from './plan.ts';
import { immutableFields, overlappingPools } from './pool-faults.ts';

type Deletion = Extract<Change, { readonly action: 'delete' }>;

/** Pure: the same input, in whatever order, gives the same plan. */
export function planChanges(desired: Desired, observed: Observed): Plan {
  const found = new Map(observed.resources.map((one) => [keyOf(one.resource), one]));
  const existingResources = observed.resources
    .map(({ resource }) => resource)
    .toSorted((one, other) => byText(keyOf(one), keyOf(other)));
  const wantedResources = desired.resources.toSorted((one, other) =>
    byText(keyOf(one.resource), keyOf(other.resource)),
  );
  const written = wantedResources.map((wanted) => {
    const existing = found.get(keyOf(wanted.resource));
    if (existing === undefined) {
      const overlapping = overlappingPools(wanted, existingResources);
      return overlapping.length > 0 ? { issues: overlapping } : created(wanted);
    }
    const issues = immutableFields(wanted, existing.resource);
    return issues.length > 0 ? { issues } : updated(wanted, existing);
  });
  const faults = written.flatMap(({ issues }) => issues);
  // A pool that is in the way of a wanted one stays until that can be made.
  const deletions = deleted(desired, observed).filter(
    ({ kind }) => kind !== 'IPPool' || faults.length === 0,
  );
  const seen = new Map(observed.nodes.map((node) => [node.name, node]));
  const nodes = desired.nodes.map((node) => diffNode(node, seen.get(node.name)));
  return {
    formatVersion: 1,
    steps: orderSteps({
      written: written.flatMap(({ change }) => change ?? []),
      deleted: deletions,
      adding: nodes.flatMap(({ adding }) => adding ?? []),
      removing: nodes.flatMap(({ removing }) => removing ?? []),
    }),
    issues: [...faults, ...deletions.flatMap(poolWarning)],
  };
}

interface Written {
  readonly change?: Extract<Change, { readonly action: 'create' | 'update' }>;
  readonly issues: readonly Issue[];
}

function created(wanted: Desired['resources'][number]): Written {
  const { share, resource } = wanted;
  const change = { action: 'create', share, resource, fields: createdFields(wanted) } as const;
  return { change, issues: [] };
}

function updated(wanted: Desired['resources'][number], existing: ObservedResource): Written {
  const { resource, fields } = diffResource(wanted, existing);
  if (fields.length === 0) return { issues: [] };
  const { share } = wanted;
  const before = existing.resource;
  return { change: { action: 'update', share, before, resource, fields }, issues: [] };
}

/**
 * Ours, within the shares that desired speaks for; and pools that nobody knows, where the
 * configuration says so. BGPConfiguration stays: what is not mentioned there is not managed.
 */
function deleted(desired: Desired, { resources }: Observed): readonly Deletion[] {
  const wanted = new Set(desired.resources.map(({ resource }) => keyOf(resource)));
  const covered = new Set(desired.covers.map(shareText));
  return resources
    .filter(({ resource }) => !wanted.has(keyOf(resource)))
    .flatMap(({ resource, owner }): readonly Deletion[] => {
      const why = deletionReason(resource, owner, desired, covered);
      if (why === undefined) return [];
      const { kind, metadata } = resource;
      const share = owner?.share ?? { kind: 'cluster' };
      return [{ action: 'delete', share, kind, name: metadata.name, before: resource, why }];
    })
    .sort((one, other) => byText(one.name, other.name));
}

function deletionReason(
  { kind }: CalicoResource,
  owner: ObservedResource['owner'],
  { unknownPools }: Desired,
  covered: ReadonlySet<string>,
): string | undefined {
  const isCovered = owner !== undefined && covered.has(shareText(owner.share));
  if (kind === 'BGPConfiguration') return undefined;
  if (kind === 'BGPPeer') {
    return isCovered ? 'it is ours, and no rule asks for it any more' : undefined;
  }
  if (unknownPools === 'not-managed' || !covered.has('cluster')) return undefined;
  if (isCovered) return 'it is ours, and the configuration names it no more';
  return unknownPools === 'delete' && owner === undefined
    ? 'the configuration does not know it, and says that such pools go'
    : undefined;
}

function poolWarning({ kind, name, why }: Deletion): readonly Issue[] {
  if (kind !== 'IPPool') return [];
  const message = `pool "${name}" is deleted: ${why}; pods that have its addresses lose their routes`;
  const hint =
    'disable the pool and move its pods to another one first, or name it in the configuration';
  return [{ severity: 'warning', code: 'pool-deleted', pointer: '', message, hint }];
}

function keyOf({ kind, metadata }: CalicoResource): string {
  return `${kind}/${metadata.name}`;
}
