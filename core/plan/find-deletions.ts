/** Decides which undesired objects are deleted, and which pools stay nevertheless. */
import { byText } from '../by-text.ts';
import type { Issue } from '../issue.ts';
import type { Desired } from '../render/desired.ts';
import { scopeText } from '../render/ownership.ts';
import { matchObserved, type Matched } from './diff/match-observed.ts';
import type { Change } from './plan.ts';
import type { Observed, ObservedResource } from '../observe/observed.ts';
import { judgePool, keptNote } from './pools/pool-usage.ts';

type Deletion = Extract<Change, { readonly action: 'delete' }>;

export interface Deletions {
  readonly deleted: readonly Deletion[];
  /** Undesired pools that stay. */
  readonly kept: readonly ObservedResource[];
  /** Issues for pools that stay although no configuration names them, and for deleted pools. */
  readonly issues: readonly Issue[];
}

/**
 * Deletes our peers within the scopes that `desired` covers. Deletes pools, also unknown ones, only
 * if the configuration asks for it, because pods have their addresses. BGPConfigurations stay,
 * because absent fields there are not managed.
 */
export function findDeletions(desired: Desired, observed: Observed, matched: Matched): Deletions {
  const found = withFates(desired, matched).map(({ one, fate }) => {
    const { kind, metadata } = one.resource;
    if (fate === 'kept') return { deleted: [], issues: [keptNote(metadata.name)] };
    const change = deletion(one, fate.why);
    if (kind !== 'IPPool') return { deleted: [change], issues: [] };
    const { goes, issue } = judgePool(one.resource, fate.why, desired, observed);
    return { deleted: goes ? [change] : [], issues: [issue] };
  });
  const deleted = found.flatMap((one) => one.deleted);
  const going = new Set(deleted.map(({ before }) => before));
  const pools = matched.unmatched.filter(({ resource }) => resource.kind === 'IPPool');
  return {
    deleted,
    kept: pools.filter(({ resource }) => !going.has(resource)),
    issues: found.flatMap(({ issues }) => issues),
  };
}

/** The networks of the pools that would be deleted, if none of their addresses is in use. */
export function poolsToDelete(desired: Desired, observed: Observed): readonly string[] {
  return withFates(desired, matchObserved(desired, observed)).flatMap(({ one, fate }) =>
    fate !== 'kept' && one.resource.kind === 'IPPool' ? [one.resource.spec.cidr] : [],
  );
}

type Fate = 'not-ours' | 'kept' | Going;
interface Going {
  readonly why: string;
}

function withFates(
  desired: Desired,
  matched: Matched,
): readonly { readonly one: ObservedResource; readonly fate: 'kept' | Going }[] {
  const covered = new Set(desired.covers.map(scopeText));
  return matched.unmatched
    .toSorted((one, other) => byText(one.resource.metadata.name, other.resource.metadata.name))
    .flatMap((one) => {
      const fate = fateOf(one, desired, covered);
      return fate === 'not-ours' ? [] : [{ one, fate }];
    });
}

function fateOf(
  { resource: { kind }, owner }: ObservedResource,
  { unknownPools }: Desired,
  covered: ReadonlySet<string>,
): Fate {
  const isOurs = owner !== undefined && covered.has(scopeText(owner.scope));
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

function deletion({ resource, owner, version }: ObservedResource, why: string): Deletion {
  const { kind, metadata } = resource;
  return {
    action: 'delete',
    scope: owner?.scope ?? { kind: 'cluster' },
    kind,
    name: metadata.name,
    before: resource,
    ...(version !== undefined && { version }),
    why,
  };
}
