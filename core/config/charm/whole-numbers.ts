/**
 * Juju keeps numbers of YAML as floating-point ones: from a million on, `juju config` and
 * `config-get` print 4200000000 as 4.2e+09 (Go's strconv, format g). In their forms that is the
 * integer again.
 */
import { wholeNumberOf } from '../net/exponent.ts';
import type { LocatedEntry, LocatedMap, LocatedScalar } from '../yaml/located.ts';
import { charmOptions } from './options.ts';

export function withWholeNumbers(options: LocatedMap): LocatedMap {
  return { ...options, entries: options.entries.map(wholeEntry) };
}

function wholeEntry(entry: LocatedEntry): LocatedEntry {
  const { key, value } = entry;
  const isInteger = charmOptions.get(key)?.type === 'int';
  return isInteger && value.kind === 'scalar' ? { ...entry, value: whole(value) } : entry;
}

function whole(scalar: LocatedScalar): LocatedScalar {
  const value = scalar.quoted ? undefined : wholeNumberOf(scalar.source);
  return value === undefined ? scalar : { ...scalar, value, source: String(value) };
}
