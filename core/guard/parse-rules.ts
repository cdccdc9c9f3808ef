/** Reads the output of `ip -json -Numeric rule show` (iproute2's iprule.c). */
import { isMap, valueAt } from '../input/plain-data.ts';
import type { Read } from '../sessions/session.ts';
import { printedNumber } from './printed-number.ts';

export interface PrintedRule {
  readonly priority: number;
  /** Absent: it looks up no table. */
  readonly table?: number;
  /** Absent: it is the kernel's rule, or of a program that sets none. */
  readonly protocol?: number;
  /** Routes with a prefix of this length or a shorter one do not count. */
  readonly suppressPrefixLength?: number;
  /** It has no selector, so that the kernel asks it for every packet. */
  readonly isForAll: boolean;
}

/** @param value the output, parsed as JSON */
export function parseRules(value: unknown): Read<readonly PrintedRule[]> {
  if (!Array.isArray(value)) return { ok: false, why: 'ip did not print a list of rules' };
  const rules: PrintedRule[] = [];
  for (const entry of value as readonly unknown[]) {
    const priority = printedNumber(valueAt(entry, 'priority'));
    if (priority === undefined) return { ok: false, why: 'ip printed a rule that cannot be read' };
    rules.push({ priority, ...detailsOf(entry) });
  }
  return { ok: true, value: rules };
}

const namedTables: Readonly<Record<string, number>> = { local: 255, main: 254, default: 253 };
const plainFields: ReadonlySet<string> = new Set([
  ...['priority', 'src', 'table', 'protocol', 'suppress_prefixlen'],
]);

function detailsOf(entry: unknown): Omit<PrintedRule, 'priority'> {
  const printed = valueAt(entry, 'table');
  const table =
    printedNumber(printed) ?? (typeof printed === 'string' ? namedTables[printed] : undefined);
  const protocol = printedNumber(valueAt(entry, 'protocol'));
  const suppressPrefixLength = printedNumber(valueAt(entry, 'suppress_prefixlen'));
  return {
    ...(table !== undefined && { table }),
    ...(protocol !== undefined && { protocol }),
    ...(suppressPrefixLength !== undefined && { suppressPrefixLength }),
    isForAll:
      isMap(entry) &&
      valueAt(entry, 'src') === 'all' &&
      Object.keys(entry).every((key) => plainFields.has(key)),
  };
}
