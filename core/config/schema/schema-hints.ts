/** How to mend a value that has another form than its schema expects. */
import type { ErrorObject } from 'ajv';
import { nearestName } from '../../nearest-name.ts';
import type { Located, LocatedScalar } from '../yaml/located.ts';
import { formOf, hasForm } from './schema-forms.ts';
import { mayBeSecret } from './schema-wording.ts';

export function hintOf(
  { keyword, params, parentSchema }: ErrorObject,
  value: Located,
): string | undefined {
  if (value.kind !== 'scalar') return undefined;
  if (mayBeSecret(value)) {
    const isNumber = typeof value.value === 'number';
    return keyword === 'type' && isNumber && value.place.pointer !== ''
      ? 'write it in quotes'
      : undefined;
  }
  if (keyword === 'enum') {
    const allowed: unknown = params['allowedValues'];
    const names = Array.isArray(allowed) ? allowed.map(String) : [];
    const nearest = meantName(value.source, names);
    return nearest === undefined ? undefined : `did you mean ${nearest}?`;
  }
  if (keyword === 'pattern') return caseHint(String(params['pattern']), value);
  return keyword === 'type'
    ? typeHint(new Set([params['type']].flat()), value, parentSchema)
    : undefined;
}

/** Never is what people call off, no or false: to readers of YAML 1.1 these are the same. */
function meantName(source: string, names: readonly string[]): string | undefined {
  if (names.includes('Never') && /^(?:false|no|off|none|~|)$/i.test(source)) return 'Never';
  if (names.includes('disabled') && /^(?:false|no|off|never|none|0)$/i.test(source)) {
    return 'disabled';
  }
  if (names.includes('aws') && /^(?:ec2|amazon)$/i.test(source)) return 'aws';
  if (names.includes('enabled') && /^(?:true|yes|on|always|1)$/i.test(source)) return 'enabled';
  const lower = source.toLowerCase();
  return (
    names.find((name) => name.toLowerCase() === lower) ??
    // sunday is sun.
    names.find((name) => name.length >= 3 && lower.startsWith(name.toLowerCase())) ??
    nearestName(source, names)
  );
}

function typeHint(
  types: ReadonlySet<unknown>,
  value: LocatedScalar,
  schema: ErrorObject['parentSchema'],
): string | undefined {
  const { source, quoted } = value;
  if (types.has('boolean') && /^(?:true|yes|on)$/i.test(source)) return wordHint('true');
  if (types.has('boolean') && /^(?:false|no|off)$/i.test(source)) return wordHint('false');
  if (types.has('integer') && quoted && /^\d+$/.test(source)) {
    return `write ${source} without quotes`;
  }
  const [, share] = types.has('integer') ? (/^(\d+) ?%$/.exec(source) ?? []) : [];
  if (share !== undefined) return shareHint(share, value.place.pointer);
  const [, digits] = types.has('integer') ? (/^0+(\d+)$/.exec(source) ?? []) : [];
  if (digits !== undefined && !quoted) {
    return `write ${digits}, without the zero before it: some programs count such numbers by eights`;
  }
  const isOther = typeof value.value !== 'string' && value.value !== null;
  return types.has('string') && isOther ? textHint(value, schema) : undefined;
}

/** A number of nodes without its percent sign would be a wave of another size. */
function shareHint(share: string, pointer: string): string {
  return pointer.endsWith('/count')
    ? `write percent: ${share} in its place`
    : `write ${share}, without the percent sign and without quotes`;
}

/** A number or true where a text is expected: quotes help only if the text then has the right form. */
function textHint(
  { source, value, place }: Pick<LocatedScalar, 'source' | 'value' | 'place'>,
  schema: ErrorObject['parentSchema'] = {},
): string | undefined {
  const pattern: unknown = schema['pattern'];
  if (typeof pattern !== 'string') return plainTextHint({ source, value, place }, schema);
  const fits = (text: string): boolean => new RegExp(pattern, 'u').test(text);
  if (fits(source)) return `write "${source}" in quotes`;
  if (fits(`${source}s`)) return `write ${source}s`;
  if (fits(`${source}%`)) return `write "${source}%" in quotes`;
  return hasForm(pattern) ? `the text must be ${formOf(pattern)}` : undefined;
}

/** The forms of texts that the code judges, by the key that has them. */
const formsOfKeys: Readonly<Record<string, string>> = {
  address: 'an IP address',
  peerAddress: 'an IP address',
  sourceAddress: 'an IP address',
  cidr: 'a network, such as 10.0.0.0/24',
  listen: 'HOST:PORT or [IPV6]:PORT, such as 10.0.0.11:7843',
  timeZone: 'a name of the IANA database, such as Europe/Berlin',
  routeReflectorClusterId: 'a cluster ID, such as 224.0.0.1',
};
const durationKeys: ReadonlySet<string> = new Set(['holdTime', 'keepaliveTime', 'connectTime']);

function plainTextHint(
  { source, value, place }: Pick<LocatedScalar, 'source' | 'value' | 'place'>,
  schema: NonNullable<ErrorObject['parentSchema']>,
): string | undefined {
  // Where a number is allowed too, true as a text would be none.
  if (typeof value === 'boolean' && [schema['type']].flat().length > 1) return undefined;
  const key = place.pointer.replace(/(?:\/\d+)+$/, '').replace(/^.*\//, '');
  if (durationKeys.has(key) && /^\d+$/.test(source)) return `write ${source}s`;
  const form = formsOfKeys[key];
  return form === undefined ? `write "${source}" in quotes` : `the text must be ${form}`;
}

/** Capital letters and underscores are what people use most where a name may not have them. */
function caseHint(pattern: string, { value, source }: LocatedScalar): string | undefined {
  const name = source.toLowerCase().replaceAll('_', '-');
  const isMeant =
    typeof value === 'string' && name !== source && new RegExp(pattern, 'u').test(name);
  return isMeant ? `write ${name}` : undefined;
}

function wordHint(word: string): string {
  return `write ${word}, in small letters and without quotes`;
}
