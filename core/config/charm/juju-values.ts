/**
 * Reads values as Juju does: the text of an option with a whole number or a boolean becomes one,
 * and without quotes YAML 1.1 has more words for true and false. Sources: juju/charm config.go
 * (Option.parse), juju/schema (Int, Bool), gopkg.in/yaml.v2 resolve.go.
 */
import type { LocatedScalar } from '../yaml/located.ts';
import type { CharmOption } from './options.ts';

/** Go's strconv.ParseBool. */
const booleans = new Map<string, boolean>([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((word) => [word, true] as const),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((word) => [word, false] as const),
]);

const yamlBooleans = new Map<string, boolean>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
]);

export function asJujuReads(scalar: LocatedScalar, { type }: CharmOption): LocatedScalar {
  const value = type === 'string' ? undefined : readers[type](scalar);
  return value === undefined ? scalar : { ...scalar, value };
}

const readers = {
  boolean: ({ value, quoted }: LocatedScalar): boolean | undefined => {
    if (typeof value !== 'string') return undefined;
    return booleans.get(value) ?? (quoted ? undefined : yamlBooleans.get(value));
  },
  int: ({ value }: LocatedScalar): number | undefined => {
    if (typeof value !== 'string' || !/^[-+]?\d{1,15}$/.test(value)) return undefined;
    return Number(value);
  },
} as const;
