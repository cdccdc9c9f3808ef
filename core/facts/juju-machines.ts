/** The machines of `juju status`, their containers, and the units on them. */
import { pointerToken } from '../issue.ts';
import { entriesAt, isMap, textAt, valueAt } from '../input/plain-data.ts';

export interface JujuMachine {
  /** `0`, `0/lxd/1`. */
  readonly id: string;
  readonly pointer: string;
  readonly document: unknown;
}

export interface JujuUnit {
  readonly name: string;
  readonly application: string;
  readonly machine: string;
  readonly leader: boolean;
}

/**
 * An ID such as `0/lxd/1/lxd/2`. A far longer one is none, and would be in the pointers of
 * everything within.
 */
const maxIdLength = 100;

export function machinesOf(status: unknown, pointer = '', key = 'machines'): JujuMachine[] {
  return entriesAt(status, key).flatMap(([id, document]) => {
    if (id.length > maxIdLength) return [];
    const here = `${pointer}/${key}/${pointerToken(id)}`;
    const machine: JujuMachine = { id, pointer: here, document };
    return [machine].concat(machinesOf(document, here, 'containers'));
  });
}

/** Principal units, and the subordinates that live on their machines. */
export function unitsOf(status: unknown): JujuUnit[] {
  return entriesAt(status, 'applications').flatMap(([, application]) =>
    entriesAt(application, 'units').flatMap(([name, unit]) => {
      const machine = textAt(unit, 'machine');
      if (machine === undefined) return [];
      const subordinates = entriesAt(unit, 'subordinates');
      return [[name, unit] as const, ...subordinates].map(([unitName, document]) =>
        describeUnit(unitName, document, machine),
      );
    }),
  );
}

function describeUnit(name: string, document: unknown, machine: string): JujuUnit {
  const application = name.split('/')[0] ?? name;
  return { name, application, machine, leader: valueAt(document, 'leader') === true };
}

/** A bundle has machines and applications too, but no model. */
export function isJujuStatus(document: unknown): boolean {
  return ['model', 'machines', 'applications'].every((key) => isMap(valueAt(document, key)));
}
