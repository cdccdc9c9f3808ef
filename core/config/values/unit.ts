/** Juju units: a bare number means the application that carries Calico. */
import type { Findings } from '../../findings.ts';
import type { Sourced } from '../model.ts';

const number = /^(?:0|[1-9]\d{0,8})$/;
const wholeName = /^([a-z][a-z0-9-]*)\/(0|[1-9]\d{0,8})$/;

/** The whole name of the unit. With `own` another application's unit is an error. */
export function readUnit(
  { value, place }: Sourced<string>,
  application: string,
  allowed: 'own' | 'any',
  findings: Findings,
): Sourced<string> | undefined {
  if (number.test(value)) return { value: `${application}/${value}`, place };
  const [, named] = wholeName.exec(value) ?? [];
  if (named !== undefined && (allowed === 'any' || named === application)) return { value, place };
  const shown = value.slice(0, 64);
  const message =
    named === undefined
      ? `"${shown}" is not a unit`
      : `"${shown}" is not a unit of the application ${application}`;
  findings.error(place, 'unit-invalid', message, `write 0 or ${application}/0`);
  return undefined;
}
