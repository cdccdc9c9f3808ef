import type { Place } from '../issue.ts';
import { printable } from '../printable.ts';
import type { Reason } from './resolution.ts';

/** A reason on one line: `subnet 10.0.0.0/24 (line 4)`. */
function describeReason({ rule, place }: Reason): string {
  const where = whereIs(place);
  return printable(where === '' ? rule : `${rule} (${where})`);
}

const named = 3;

/** The reasons, each once, and at most a few of many. */
export function describeReasons(reasons: readonly Reason[]): string {
  const all = [...new Set(reasons.map(describeReason))];
  const more = all.length > named ? ` and ${all.length - named} more` : '';
  return all.slice(0, named).join(', ') + more;
}

function whereIs({ line, inside, pointer }: Place): string {
  if (line !== undefined) return `line ${line}`;
  if (inside !== undefined) return `${inside.option}, line ${inside.line}`;
  return pointer;
}
