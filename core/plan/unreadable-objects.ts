import { byText } from '../by-text.ts';
import type { Issue } from '../issue.ts';
import { printable } from '../printable.ts';
import type { Desired } from '../render/desired.ts';
import { objectKey } from '../calico/resource.ts';
import type { Observed, TakenName } from '../observe/observed.ts';

export const objectUnreadable = 'object-unreadable';

/** The most objects that are named, each with a hint; the others are counted. */
const maxShown = 20;

/**
 * Warnings for objects that cannot be read, which the plan leaves as they are; an error if the
 * configuration needs the name.
 */
export function unreadableObjects(desired: Desired, { taken = [] }: Observed): readonly Issue[] {
  const desiredKeys = new Set(desired.resources.map(({ resource }) => objectKey(resource)));
  const unreadable = taken
    .filter((one) => one.isUnreadable === true && !desiredKeys.has(takenKey(one)))
    .toSorted((one, other) => byText(takenKey(one), takenKey(other)));
  const left = unreadable.length - maxShown;
  return [
    ...unreadable.slice(0, maxShown).map(unreadableObject),
    ...(left > 0 ? [warning(`cannot read ${String(left)} more objects of Calico`)] : []),
  ];
}

/** A command that shows what the datastore has. */
export function showCommand({ kind, name, showWith }: TakenName): string {
  return printable(showWith ?? `calicoctl get ${kind} ${name} -o yaml`);
}

export function takenKey({ kind, name }: TakenName): string {
  return objectKey({ kind, metadata: { name } });
}

function unreadableObject(found: TakenName): Issue {
  const what = `cannot read ${found.kind} "${printable(found.name)}": ${printable(found.why)}`;
  return {
    ...warning(`${what}; it stays as it is, and the plan goes by the others`),
    hint: `show it with \`${showCommand(found)}\`, then correct or delete it`,
  };
}

function warning(message: string): Issue {
  return { severity: 'warning', code: objectUnreadable, pointer: '', message };
}
