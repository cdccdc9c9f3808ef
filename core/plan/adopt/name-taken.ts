import { issueAt } from '../../findings.ts';
import type { Issue } from '../../issue.ts';
import { printable } from '../../printable.ts';
import type { DesiredResource } from '../../render/desired.ts';
import { objectKey } from '../../calico/resource.ts';
import type { TakenName } from '../../observe/observed.ts';
import { showCommand } from '../unreadable-objects.ts';

/**
 * An error where an object that we cannot read, and must not overwrite, has the name of a desired
 * one.
 */
export function nameTaken(
  { resource, reasons }: DesiredResource,
  taken: ReadonlyMap<string, TakenName>,
): readonly Issue[] {
  const found = taken.get(objectKey(resource));
  if (found === undefined) return [];
  const { kind } = resource;
  const name = printable(found.name);
  const message = `cannot write ${kind} "${name}": an object with this name exists and is not ours to change: ${printable(found.why)}`;
  const hint = `show it with \`${showCommand(found)}\`, then correct it, delete it or give it another name`;
  const place = Object.values(reasons)[0]?.[0]?.place ?? { pointer: '' };
  return [issueAt(place, 'error', 'name-taken', message, hint)];
}
