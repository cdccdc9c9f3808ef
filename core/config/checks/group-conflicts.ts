/** Finds groups that certainly choose the same nodes and give them different values. */
import { describePlace, type Findings } from '../../findings.ts';
import type { Group, Sourced } from '../model.ts';
import { scopesOf } from './scopes.ts';

interface Setting<T> {
  readonly code: string;
  readonly what: string;
  readonly of: (group: Group) => Sourced<T> | undefined;
}

const asNumbers: Setting<number> = {
  code: 'as-number-conflict',
  what: 'AS number',
  of: (group) => group.asNumber,
};

const clusterIds: Setting<string> = {
  code: 'cluster-id-conflict',
  what: 'cluster ID',
  of: (group) => group.routeReflectorClusterId,
};

export function checkGroupConflicts(groups: readonly Group[], findings: Findings): void {
  checkSetting(groups, asNumbers, findings);
  checkSetting(groups, clusterIds, findings);
}

function checkSetting<T>(groups: readonly Group[], setting: Setting<T>, findings: Findings): void {
  const first = new Map<string, Sourced<T>>();
  for (const group of groups) {
    const value = setting.of(group);
    if (value === undefined) continue;
    for (const { key } of scopesOf(group)) {
      const before = first.get(key);
      if (before === undefined) first.set(key, value);
      else if (before.value !== value.value) report(key, before, value, setting, findings);
    }
  }
}

function report<T>(
  key: string,
  before: Sourced<T>,
  value: Sourced<T>,
  { code, what }: Setting<T>,
  findings: Findings,
): void {
  const message = `${key} gets the ${what} ${String(value.value)} here, and ${String(before.value)} ${describePlace(before.place)}`;
  findings.error(value.place, code, message, 'keep one of them');
}
