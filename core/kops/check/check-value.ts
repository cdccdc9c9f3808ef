/** The value of one field: its type, and whether kops takes it. */
import type { Findings } from '../../findings.ts';
import type { Located, LocatedEntry, LocatedScalar } from '../../config/yaml/located.ts';
import type { KopsField, KopsFieldType } from '../table/field.ts';

export function checkValue(
  field: KopsField,
  { key, keyPlace, value }: LocatedEntry,
  findings: Findings,
): void {
  if (value.kind === 'scalar' && value.value === null) {
    const message = `"${key}" has no value, so kops reads it as left out`;
    findings.warning(
      keyPlace,
      'kops-field-empty',
      message,
      'give it a value, or take the line out',
    );
    return;
  }
  const expected = expectation(field.type, value);
  if (expected !== undefined) {
    const { what, hint } = expected;
    findings.error(value.place, 'kops-value-type', `"${key}" is ${what}`, hint);
    return;
  }
  if (value.kind !== 'scalar') return;
  if (isZero(field.type, value)) {
    const message = `"kops edit" refuses "${key}: ${shown(value)}", because kops leaves out this value`;
    const hint = `take the line out: without it the value is ${field.initial ?? 'the same'}`;
    findings.error(value.place, 'kops-zero-value', message, hint);
    return;
  }
  checkAllowed(field, key, value, findings);
}

function checkAllowed(
  { values }: KopsField,
  key: string,
  value: LocatedScalar,
  findings: Findings,
): void {
  if (values === undefined || typeof value.value !== 'string' || values.includes(value.value))
    return;
  const written = value.value;
  const same = values.find((one) => one.toLowerCase() === written.toLowerCase());
  const message = `"${key}" cannot be "${written}": kops takes ${values.join(', ')}`;
  const hint =
    same === undefined ? `write one of ${values.join(', ')}` : `write ${same}; capitals count`;
  findings.error(value.place, 'kops-value', message, hint);
}

interface Expectation {
  readonly what: string;
  readonly hint: string;
}

/** undefined: the value has this type. */
function expectation(type: KopsFieldType, value: Located): Expectation | undefined {
  if (typeof type === 'object') return value.kind === 'map' ? undefined : aMapping;
  switch (type) {
    case 'text':
      return isText(value) ? undefined : { what: 'a text', hint: 'put quotes around it' };
    case 'flag':
    case 'flag?':
      return isFlag(value)
        ? undefined
        : { what: 'true or false', hint: 'write true or false, without quotes' };
    case 'number':
    case 'number?':
      return isWhole(value)
        ? undefined
        : { what: 'a whole number', hint: 'write digits, without quotes' };
    case 'quantity':
      return isQuantity(value)
        ? undefined
        : { what: 'a quantity of Kubernetes', hint: 'write it as 100m or 300Mi' };
    case 'texts':
      return isList(value, isText)
        ? undefined
        : { what: 'a list of texts', hint: 'write [first, second]' };
    case 'map':
      return isMapOfTexts(value)
        ? undefined
        : {
            what: 'a mapping of texts',
            hint: 'put quotes around the values: true and 1 are no texts',
          };
    case 'env':
      return isList(value, ({ kind }) => kind === 'map')
        ? undefined
        : { what: 'a list of name and value', hint: 'write - {name: WARM_IP_TARGET, value: "10"}' };
  }
}

const aMapping: Expectation = { what: 'a mapping', hint: 'write its fields below it, indented' };

function isText(value: Located): boolean {
  return value.kind === 'scalar' && typeof value.value === 'string';
}

/** kops reads YAML 1.1, where yes and on are booleans. */
function isFlag(value: Located): boolean {
  if (value.kind !== 'scalar') return false;
  return (
    typeof value.value === 'boolean' || (!value.quoted && /^(?:yes|no|on|off)$/i.test(value.source))
  );
}

function isWhole(value: Located): boolean {
  return (
    value.kind === 'scalar' && typeof value.value === 'number' && Number.isInteger(value.value)
  );
}

function isQuantity(value: Located): boolean {
  return value.kind === 'scalar' && /^\d+(?:\.\d+)?(?:m|[kMGTPE]i?|e\d+)?$/.test(value.source);
}

function isList(value: Located, item: (one: Located) => boolean): boolean {
  return value.kind === 'list' && value.items.every(item);
}

function isMapOfTexts(value: Located): boolean {
  return value.kind === 'map' && value.entries.every((entry) => isText(entry.value));
}

/**
 * A field without a pointer at its zero value is left out when kops writes the document, so `kops edit`
 * takes it for unknown. Pointers (with ?) keep false and 0.
 */
function isZero(type: KopsFieldType, { value, source, quoted }: LocatedScalar): boolean {
  if (type === 'flag') return value === false || (!quoted && /^(?:no|off)$/i.test(source));
  return (type === 'number' && value === 0) || (type === 'text' && value === '');
}

function shown({ source, quoted }: LocatedScalar): string {
  return quoted ? `"${source}"` : source;
}
