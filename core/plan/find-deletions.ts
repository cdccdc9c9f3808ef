/** What is there and not wanted any more: what of it goes, and which pools stay all the same. */
import { byText } from '../by-text.ts';
import type { Issue } from '../issue.ts';
import { printable } from '../printable.ts';
import type { Desired } from '../render/desired.ts';
import { shareText } from '../render/ownership.ts';
import type { Change, Observed, ObservedResource } from './plan.ts';

type Deletion = Extract<Change, { readonly action: 'delete' }>;

export interface Unwanted {
  readonly deleted: readonly Deletion[];
  /** Pools of ours that stay, because the configuration does not say that they go. */
  readonly kept: readonly Issue[];
}

/**
 * Peers go that are ours, within the shares that desired speaks for; pools, also those that nobody
 * knows, only where the configuration says so: pods have their addresses. BGPConfiguration stays:
 * what is not mentioned there is not managed.
 */
export function findUnwanted(
  desired: Desired,
  { resources }: Observed,
  keyOf: (resource: ObservedResource['resource']) => string,
): Unwanted {
  const wanted = new Set(desired.resources.map(({ resource }) => keyOf(resource)));
  const covered = new Set(desired.covers.map(shareText));
  const unwanted = resources
    .filter(({ resource }) => !wanted.has(keyOf(resource)))
    .toSorted((one, other) => byText(nameOf(one), nameOf(other)))
    .map((one) => ({ one, fate: fateOf(one, desired, covered) }));
  return {
    deleted: unwanted.flatMap(({ one, fate }) =>
      typeof fate === 'object' ? [deletion(one, fate.why)] : [],
    ),
    kept: unwanted.flatMap(({ one, fate }) => (fate === 'kept' ? [keptNote(nameOf(one))] : [])),
  };
}

type Fate = 'not-ours' | 'kept' | { readonly why: string };

function fateOf(
  { resource: { kind }, owner }: ObservedResource,
  { unknownPools }: Desired,
  covered: ReadonlySet<string>,
): Fate {
  const isOurs = owner !== undefined && covered.has(shareText(owner.share));
  if (kind === 'BGPConfiguration') return 'not-ours';
  if (kind === 'BGPPeer') {
    return isOurs ? { why: 'it is ours, and no rule asks for it any more' } : 'not-ours';
  }
  if (unknownPools === 'not-managed' || !covered.has('cluster')) return 'not-ours';
  if (unknownPools === 'keep') return isOurs ? 'kept' : 'not-ours';
  if (isOurs) return { why: 'it is ours, and the configuration names it no more' };
  return owner === undefined
    ? { why: 'the configuration does not know it, and says that such pools go' }
    : 'not-ours';
}

function deletion({ resource, owner }: ObservedResource, why: string): Deletion {
  const { kind, metadata } = resource;
  const share = owner?.share ?? { kind: 'cluster' };
  return { action: 'delete', share, kind, name: metadata.name, before: resource, why };
}

function keptNote(name: string): Issue {
  const message = `pool "${printable(name)}" stays as it is: it is ours, and the configuration names it no more`;
  const hint = '`unknownPools: delete` (of the charm: `manage-pools: true`) deletes such pools';
  return { severity: 'note', code: 'pool-kept', pointer: '', message, hint };
}

export function poolWarning({ kind, name, why }: Deletion): readonly Issue[] {
  if (kind !== 'IPPool') return [];
  const message = `pool "${printable(name)}" is deleted: ${why}; pods that have its addresses lose their routes`;
  const hint =
    'disable the pool and move its pods to another one first, or name it in the configuration';
  return [{ severity: 'warning', code: 'pool-deleted', pointer: '', message, hint }];
}

function nameOf({ resource }: ObservedResource): string {
  return resource.metadata.name;
}
