/** Notes about options that are absent, or that another program uses. */
import type { Issue } from '../../issue.ts';
import type { Findings } from '../../findings.ts';
import type { LocatedEntry, LocatedMap } from '../yaml/located.ts';
import { plainValue } from '../yaml/plain-value.ts';
import { charmOptions } from './options.ts';

/** If one of these is absent, its settings in the cluster stay as they are. */
const managing = [
  'cidr',
  'manage-pools',
  'global-as-number',
  'node-to-node-mesh',
  'unit-as-numbers',
  'subnet-as-numbers',
  'route-reflector-cluster-ids',
];

/** config-get and juju config name every option; a file written by hand does not. Null is unset. */
export function noteAbsentOptions(written: LocatedMap, findings: Findings): void {
  const names = new Set(written.entries.filter(isSet).map(({ key }) => key));
  const absent = managing.filter((name) => !names.has(name));
  if (absent.length === 0) return;
  const message = `not managed, because absent: ${absent.join(', ')}; what they would set stays as it is in the cluster`;
  const hint = 'write them out to manage them; juju config prints every option with its value';
  findings.note(written.place, 'charm-options-absent', message, hint);
}

/** An option that holds YAML null has the empty value, as unfolding gives it. */
function isSet({ key, value }: LocatedEntry): boolean {
  const isNull = value.kind === 'scalar' && value.value === null;
  return !isNull || charmOptions.get(key)?.holds !== undefined;
}

/**
 * Turns errors in options of another program into warnings: that program judges its options itself.
 */
export function withoutForeign(issues: readonly Issue[], options: LocatedMap): readonly Issue[] {
  const foreign = new Map(
    options.entries.flatMap(({ key, value }) => {
      const managedBy = charmOptions.get(key)?.managedBy;
      return managedBy === undefined ? [] : [[value.place.pointer, managedBy] as const];
    }),
  );
  return issues.map((issue): Issue => {
    const [, managedBy] = [...foreign].find(([at]) => isWithin(issue.pointer, at)) ?? [];
    if (managedBy === undefined || issue.code === 'unknown-key') return issue;
    const message = `${issue.message}; ${managedBy} acts on it, not this agent`;
    return { ...issue, severity: 'warning', code: 'charm-option-not-ours', message };
  });
}

function isWithin(pointer: string, parent: string): boolean {
  return pointer === parent || pointer.startsWith(`${parent}/`);
}

/** juju config prints the options of the charm, so that an unknown one is not a typing error. */
export function noteUnknownOptions(unknown: readonly LocatedEntry[], findings: Findings): void {
  for (const { key, keyPlace } of unknown) {
    const message = `"${key.slice(0, 64)}" is an option that this version does not know: the charm acts on it, not this agent`;
    findings.warning(keyPlace, 'charm-option-unknown', message);
  }
}

/** Notes for options with a value that another program uses. */
export function noteForeignOptions(options: LocatedMap, findings: Findings): void {
  for (const { key, value } of options.entries) {
    const option = charmOptions.get(key);
    const { pointer } = value.place;
    const isJudged = findings.issues.some((issue) => isWithin(issue.pointer, pointer));
    if (option?.managedBy === undefined || isJudged) continue;
    const written = plainValue(value);
    if (written === option.default || written === '') continue;
    const message = `"${key}" is accepted, but ${option.managedBy} acts on it, not this agent`;
    findings.note(value.place, 'charm-option-not-ours', message);
  }
}
