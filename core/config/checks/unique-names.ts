/** Checks that names are unique to which other parts refer. */
import type { Place } from '../../issue.ts';
import { describePlace, type Findings } from '../../findings.ts';
import type { Group } from '../model.ts';

interface Named {
  readonly name: string;
  readonly place: Place;
}

export function checkUniqueNames(
  what: 'group' | 'pool',
  named: readonly Named[],
  findings: Findings,
): void {
  const known = new Map<string, Place>();
  for (const { name, place } of named) {
    const before = known.get(name);
    if (before === undefined) {
      known.set(name, place);
      continue;
    }
    const message = `there are two ${what}s with the name "${name}": already ${describePlace(before)}`;
    findings.error(place, `${what}-name-duplicate`, message, 'give each a name of its own');
  }
}

/**
 * A label stands for the nodes of one group. If two groups had the same one, each would get the
 * other's peers.
 */
export function checkUniqueLabels(groups: readonly Group[], findings: Findings): void {
  const known = new Map<string, Place>();
  for (const { label } of groups) {
    if (label === undefined) continue;
    const before = known.get(label.value);
    if (before === undefined) {
      known.set(label.value, label.place);
      continue;
    }
    const message = `there are two groups with the label ${label.value}: already ${describePlace(before)}`;
    const hint = 'take one of them away: that group then gets a label of its own';
    findings.error(label.place, 'group-label-duplicate', message, hint);
  }
}
