/** Names that other things refer to. */
import type { Place } from '../../issue.ts';
import { describePlace, type Findings } from '../findings.ts';

interface Named {
  readonly name: string;
  readonly place: Place;
}

export function checkUniqueNames(
  what: 'group' | 'pool',
  named: readonly Named[],
  findings: Findings,
): void {
  const seen = new Map<string, Place>();
  for (const { name, place } of named) {
    const before = seen.get(name);
    if (before === undefined) {
      seen.set(name, place);
      continue;
    }
    const message = `there are two ${what}s with the name "${name}": already ${describePlace(before)}`;
    findings.error(place, `${what}-name-duplicate`, message, 'give each a name of its own');
  }
}
