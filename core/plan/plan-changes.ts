/** Desired × observed → the least changes, in an order that adds before it takes away. */
import { byText } from '../by-text.ts';
import { hasErrors, type Issue } from '../issue.ts';
import type { CalicoResource, Desired } from '../render/desired.ts';
import { createdFields, diffResource } from './diff-resource.ts';
import { diffNode } from './diff-node.ts';
import { findUnwanted, poolWarning } from './find-deletions.ts';
import { foreignPeers } from './foreign-peers.ts';
import { orderSteps } from './order-steps.ts';
import type { Change, Observed, ObservedResource, Plan } from './plan.ts';
import { immutableFields, overlappingPools } from './pool-faults.ts';

/** Pure: the same input, in whatever order, gives the same plan. With an error it has no steps. */
export function planChanges(desired: Desired, observed: Observed): Plan {
  const written = writeWanted(desired, observed);
  const { deleted, kept } = findUnwanted(desired, observed, keyOf);
  const seen = new Map(observed.nodes.map((node) => [node.name, node]));
  const nodes = desired.nodes.map((node) => diffNode(node, seen.get(node.name)));
  const faults = written.flatMap(({ issues }) => issues);
  const known = [...faults, ...foreignPeers(desired, observed), ...kept];
  if (hasErrors(known)) return { formatVersion: 1, steps: [], issues: known };
  const steps = orderSteps({
    written: written.flatMap(({ change }) => change ?? []),
    deleted,
    nodes,
  });
  return { formatVersion: 1, steps, issues: [...known, ...deleted.flatMap(poolWarning)] };
}

function writeWanted(desired: Desired, observed: Observed): readonly Written[] {
  const found = new Map(observed.resources.map((one) => [keyOf(one.resource), one]));
  const existingResources = observed.resources
    .map(({ resource }) => resource)
    .toSorted((one, other) => byText(keyOf(one), keyOf(other)));
  const wantedResources = desired.resources.toSorted((one, other) =>
    byText(keyOf(one.resource), keyOf(other.resource)),
  );
  return wantedResources.map((wanted) => {
    const existing = found.get(keyOf(wanted.resource));
    if (existing === undefined) {
      const overlapping = overlappingPools(wanted, existingResources);
      return overlapping.length > 0 ? { issues: overlapping } : created(wanted);
    }
    const issues = immutableFields(wanted, existing.resource);
    return issues.length > 0 ? { issues } : updated(wanted, existing);
  });
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

function keyOf({ kind, metadata }: CalicoResource): string {
  return `${kind}/${metadata.name}`;
}
