/** Values as YAML, for a place of a text that stays as it is around them. */
import { Scalar, stringify } from 'yaml';
import type { YamlValue } from './file-edit.ts';

/**
 * In YAML 1.1 and 1.2, in a flow and in a block, this text means itself; all others get quotes.
 * Numbers, booleans, null and dates of either version are left out by the second expression.
 */
const plain = /^-?[A-Za-z/][A-Za-z0-9_./=+@-]*$/;
const special = /^(?:y|n|yes|no|on|off|true|false|null|~|\.inf|\.nan)$/i;

/** @param type of the scalar that was there, whose quotes are kept */
export function scalarSource(value: string | number | boolean, type?: string | null): string {
  if (typeof value !== 'string') return String(value);
  const isSimple = !/[\u0000-\u001F\u007F-\u009F\u2028\u2029\uFEFF]/.test(value);
  if (type === Scalar.QUOTE_SINGLE && isSimple) return `'${value.replaceAll("'", "''")}'`;
  const isPlain = plain.test(value) && !special.test(value);
  if (type !== Scalar.QUOTE_DOUBLE && isPlain) return value;
  return JSON.stringify(value);
}

/** As lines without an indentation, and without a line end after the last one. */
export function blockSource(value: YamlValue): readonly string[] {
  if (typeof value !== 'object') return [scalarSource(value)];
  return stringify(value, { compat: 'yaml-1.1', lineWidth: 0, aliasDuplicateObjects: false })
    .trimEnd()
    .split('\n');
}

export function flowSource(value: YamlValue): string {
  return typeof value === 'object' ? JSON.stringify(value) : scalarSource(value);
}
