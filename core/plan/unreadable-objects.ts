import { byText } from '../by-text.ts';
import type { Issue } from '../issue.ts';
import { printable } from '../printable.ts';
import type { Desired } from '../render/desired.ts';
import { objectKey } from '../calico/resource.ts';
import type { Observed, TakenName } from './plan.ts';

/** So many are told, each with what to do; of more only their number. */
const maxTold = 20;

/** What the plan leaves alone because nobody can read it. Where its name is wanted, that is an error. */
export function unreadableObjects(desired: Desired, { taken = [] }: Observed): readonly Issue[] {
  const wanted = new Set(desired.resources.map(({ resource }) => objectKey(resource)));
  const unreadable = taken
    .filter((one) => one.isUnreadable === true && !wanted.has(takenKey(one)))
    .toSorted((one, other) => byText(takenKey(one), takenKey(other)));
  const left = unreadable.length - maxTold;
  return [
    ...unreadable.slice(0, maxTold).map(unreadableObject),
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
    hint: `look at it (\`${showCommand(found)}\`), and correct or delete it`,
  };
}

function warning(message: string): Issue {
  return { severity: 'warning', code: 'object-unreadable', pointer: '', message };
}
