import { byText } from '../../by-text.ts';
import type { Scope } from '../../render/desired.ts';
import { scopeText } from '../../render/ownership.ts';
import { objectKey } from '../../calico/resource.ts';
import type { Change, Step } from '../plan.ts';
import type { Observed } from '../../observe/observed.ts';

/** Takes our marks off our objects within these scopes: they stay, and no agent deletes or corrects them any more. */
export function releaseSteps({ resources }: Observed, covers: readonly Scope[]): readonly Step[] {
  const covered = new Set(covers.map(scopeText));
  const changes = resources
    .toSorted((one, other) => byText(objectKey(one.resource), objectKey(other.resource)))
    .flatMap(({ resource, owner, version }): readonly Change[] => {
      if (owner === undefined || !covered.has(scopeText(owner.scope))) return [];
      const observedVersion = version === undefined ? {} : { version };
      return [{ action: 'release', scope: owner.scope, before: resource, ...observedVersion }];
    });
  if (changes.length === 0) return [];
  return [
    {
      title: 'Release our objects',
      why: 'our marks are removed; the objects stay',
      gates: [],
      changes,
    },
  ];
}
