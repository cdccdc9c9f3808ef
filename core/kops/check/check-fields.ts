/** The fields of a provider: kops drops the ones that it does not know, without a word. */
import type { Findings } from '../../findings.ts';
import type { LocatedEntry } from '../../config/yaml/located.ts';
import { entriesOf } from '../../config/yaml/read-values.ts';
import { nearestName } from '../../nearest-name.ts';
import type { JudgedCluster } from '../document/facts.ts';
import { fieldName } from '../table/api-version.ts';
import type { KopsField } from '../table/field.ts';
import { checkValue } from './check-value.ts';

/** @param parent the entry whose value has the fields */
export function checkFields(
  cluster: JudgedCluster,
  fields: readonly KopsField[],
  parent: LocatedEntry,
  findings: Findings,
): void {
  for (const entry of entriesOf(parent.value))
    checkEntry(cluster, fields, parent.key, entry, findings);
}

function checkEntry(
  cluster: JudgedCluster,
  fields: readonly KopsField[],
  parent: string,
  entry: LocatedEntry,
  findings: Findings,
): void {
  const { api, target } = cluster;
  const field = fields.find((row) => fieldName(row, api) === entry.key);
  if (field === undefined) {
    reportUnknown(cluster, fields, parent, entry, findings);
    return;
  }
  if (field.since > target.kops) {
    const message = `kops 1.${target.kops} does not know "${entry.key}", which came with 1.${field.since}, and drops it`;
    findings.error(
      entry.keyPlace,
      'kops-field-since',
      message,
      `upgrade kops to 1.${field.since}, or take the line out`,
    );
    return;
  }
  if (field.unusedSince !== undefined && target.kops >= field.unusedSince) {
    const message = `kops 1.${field.unusedSince} and newer do nothing with "${entry.key}"`;
    findings.warning(entry.keyPlace, 'kops-field-unused', message, unusedHint(field));
    return;
  }
  checkValue(field, entry, findings);
  const { type } = field;
  if (typeof type === 'object') checkFields(cluster, type, entry, findings);
}

function unusedHint({ name }: KopsField): string {
  return name === 'crossSubnet'
    ? 'calico-agent kops edit FILE --set spec.networking.calico.crossSubnet=true writes what has this effect now'
    : 'take the line out';
}

function reportUnknown(
  { api, target }: JudgedCluster,
  fields: readonly KopsField[],
  parent: string,
  { key, keyPlace, value }: LocatedEntry,
  findings: Findings,
): void {
  const elsewhere = fields.find(({ name, v3 }) => name === key || v3 === key);
  if (elsewhere !== undefined) {
    const message = `v1alpha${api} does not have "${key}", and kops drops it`;
    findings.error(keyPlace, 'kops-other-api', message, otherApiHint(elsewhere, api, value));
    return;
  }
  const names = fields
    .filter(({ since }) => since <= target.kops)
    .flatMap((row) => fieldName(row, api) ?? []);
  const sameLetters = names.find((name) => name.toLowerCase() === key.toLowerCase());
  if (sameLetters !== undefined) {
    const message = `kops reads "${sameLetters}", not "${key}", and drops it`;
    findings.error(keyPlace, 'kops-wrong-case', message, `write ${sameLetters}`);
    return;
  }
  const near = nearestName(key, names);
  const hint =
    near !== undefined
      ? `did you mean "${near}"?`
      : names.length === 0
        ? `take it out: ${parent} has no fields in kops 1.${target.kops}`
        : 'take the line out';
  findings.error(
    keyPlace,
    'kops-unknown-field',
    `kops does not know "${key}" of ${parent}, and drops it`,
    hint,
  );
}

function otherApiHint(field: KopsField, api: number, value: LocatedEntry['value']): string {
  const name = api === 2 ? field.name : field.v3;
  if (name === null || name === undefined) return 'take the line out';
  if (field.isInvertedInV3 !== true) return `write ${name}`;
  return value.kind === 'scalar' && typeof value.value === 'boolean'
    ? `write ${name}: ${String(!value.value)}, because the two names mean the opposite`
    : `write ${name}, with the opposite value`;
}
