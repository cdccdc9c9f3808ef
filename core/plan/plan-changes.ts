/** Desired × observed → the least changes, in an order that adds before it takes away. */
import { byText } from '../by-text.ts';
import { hasErrors, type Issue } from '../issue.ts';
import type { Desired, DesiredResource } from '../render/desired.ts';
import { createdFields, diffResource } from './diff/diff-resource.ts';
import {
  drainingField,
  enableAgain,
  isDraining,
  enabledAgain,
  withoutDraining,
} from './pools/draining-pool.ts';
import { findDeletions } from './find-deletions.ts';
import { foreignPeers } from './adopt/foreign-peers.ts';
import { objectKey } from '../calico/resource.ts';
import { leftBlocks } from './pools/left-blocks.ts';
import { matchObserved, type Matched } from './diff/match-observed.ts';
import { nameTaken } from './adopt/name-taken.ts';
import { clusterAsOf } from './cluster-as.ts';
import { orderSteps } from './order/order-steps.ts';
import { peersOfNodes } from './order/peers-of-node.ts';
import { planNodes } from './plan-nodes.ts';
import { takenKey, unreadableObjects } from './unreadable-objects.ts';
import type { Change, Plan } from './plan.ts';
import type { Observed, ObservedResource } from '../observe/observed.ts';
import type { Traffic } from './traffic.ts';
import { unguardedNodes } from './order/unguarded-nodes.ts';
import { immutableFields, overlappingPools } from './pools/pool-faults.ts';

/**
 * Pure: the same input, in any order, gives the same plan. With an error it has no steps.
 * @param traffic the cluster's traffic; undefined: the plan does not reach a cluster, and waits for
 * nothing
 */
export function planChanges(desired: Desired, observed: Observed, traffic?: Traffic): Plan {
  const matched = matchObserved(desired, observed);
  const written = writeDesired(desired, observed, matched);
  const deletions = findDeletions(desired, observed, matched);
  const clusterAs = clusterAsOf(desired, observed);
  const nodes = planNodes(desired.nodes, observed.nodes, clusterAs);
  const issues = [
    ...written.flatMap((one) => one.issues),
    ...nodes.issues,
    ...foreignPeers(desired, observed),
    ...unreadableObjects(desired, observed),
    ...deletions.issues,
  ];
  if (hasErrors(issues)) {
    return { formatVersion: 1, steps: [], issues: issues.filter(isTrueWithoutSteps) };
  }
  const { poolUsage } = observed;
  const { steps, losses } = orderSteps(
    {
      written: [
        ...written.flatMap(({ change }) => change ?? []),
        ...(coversCluster(desired) ? enableAgain(deletions.kept) : []),
      ],
      deleted: deletions.deleted,
      nodes: nodes.differences,
    },
    {
      desired,
      clusterAs,
      peers: peersOfNodes(desired, observed),
      ...(traffic !== undefined && { traffic }),
      ...(poolUsage !== undefined && { poolUsage }),
    },
  );
  const unguarded = unguardedNodes(steps, traffic ?? {});
  return { formatVersion: 1, steps, issues: [...issues, ...losses, ...unguarded] };
}

function coversCluster({ covers }: Desired): boolean {
  return covers.some(({ kind }) => kind === 'cluster');
}

/** Whether the issue also applies to a plan with errors, which deletes nothing. */
function isTrueWithoutSteps({ code }: Issue): boolean {
  return code !== 'pool-deleted';
}

interface Written {
  readonly change?: Extract<Change, { readonly action: 'create' | 'update' }>;
  readonly issues: readonly Issue[];
}

function writeDesired(desired: Desired, observed: Observed, matched: Matched): readonly Written[] {
  const taken = new Map(observed.taken?.map((one) => [takenKey(one), one]));
  const existing = observed.resources.toSorted((one, other) =>
    byText(objectKey(one.resource), objectKey(other.resource)),
  );
  return desired.resources
    .toSorted((one, other) => byText(objectKey(one.resource), objectKey(other.resource)))
    .map((one) => {
      const found = matched.of(one.resource);
      const issues =
        found === undefined
          ? [...nameTaken(one, taken), ...overlappingPools(one, existing)]
          : immutableFields(one, found.resource);
      if (issues.length > 0) return { issues };
      if (found !== undefined) return updated(one, found);
      const left = leftBlocks(one, observed.blocks);
      return hasErrors(left) ? { issues: left } : { ...created(one, observed), issues: left };
    });
}

function created(desired: DesiredResource, observed: Observed): Written {
  const { scope, resource } = desired;
  const change = {
    action: 'create',
    scope,
    resource,
    fields: createdFields(desired, observed),
  } as const;
  return { change, issues: [] };
}

function updated(desired: DesiredResource, existing: ObservedResource): Written {
  const { resource: before, version } = existing;
  const difference = diffResource(enabledAgain(desired, before), existing);
  const fields = [...difference.fields, ...drainingField(before)];
  if (fields.length === 0) return { issues: [] };
  const resource = isDraining(before) ? withoutDraining(difference.resource) : difference.resource;
  const { scope } = desired;
  const observedVersion = version === undefined ? {} : { version };
  const change = { action: 'update', scope, before, ...observedVersion, resource, fields } as const;
  return { change, issues: [] };
}
