import { issueAt } from '../../config/schema/findings.ts';
import type { Issue } from '../../issue.ts';
import { printable } from '../../printable.ts';
import type { DesiredResource } from '../../render/desired.ts';
import { objectKey } from '../../calico/resource.ts';
import type { TakenName } from '../plan.ts';
import { showCommand } from '../unreadable-objects.ts';

/** A wanted name under which there is something that we cannot read, and so must not overwrite; by keyOf. */
export function nameTaken(
  { resource, reasons }: DesiredResource,
  taken: ReadonlyMap<string, TakenName>,
): readonly Issue[] {
  const found = taken.get(objectKey(resource));
  if (found === undefined) return [];
  const { kind } = resource;
  const name = printable(found.name);
  const message = `cannot write ${kind} "${name}": one of that name is there, and is not ours to change: ${printable(found.why)}`;
  const hint = `look at it (\`${showCommand(found)}\`), and correct it, or delete it or give it another name`;
  const place = Object.values(reasons)[0]?.[0]?.place ?? { pointer: '' };
  return [issueAt(place, 'error', 'name-taken', message, hint)];
}
