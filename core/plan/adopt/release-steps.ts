import { byText } from '../../by-text.ts';
import type { Share } from '../../render/desired.ts';
import { shareText } from '../../render/ownership.ts';
import { keyOf } from '../diff/key-of.ts';
import type { Change, Observed, Step } from '../plan.ts';

/** Gives back what is ours within these shares: it stays, and nobody prunes or corrects it any more. */
export function releaseSteps({ resources }: Observed, covers: readonly Share[]): readonly Step[] {
  const covered = new Set(covers.map(shareText));
  const changes = resources
    .toSorted((one, other) => byText(keyOf(one.resource), keyOf(other.resource)))
    .flatMap(({ resource, owner, version }): readonly Change[] => {
      if (owner === undefined || !covered.has(shareText(owner.share))) return [];
      const observedVersion = version === undefined ? {} : { version };
      return [{ action: 'release', share: owner.share, before: resource, ...observedVersion }];
    });
  if (changes.length === 0) return [];
  return [{ title: 'Give back what is ours', why: 'only our marks go', gates: [], changes }];
}
