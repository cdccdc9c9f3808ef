/**
 * Makes data of a newer program usable for this one: removes unknown fields, and reports unknown
 * values.
 */
import { printable } from '../printable.ts';
import { isMap } from './plain-data.ts';

/** A fault as ajv reports it. */
export interface SchemaFault {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** A value that this program does not know. */
export interface UnknownValue {
  /** The place of the value. */
  readonly pointer: string;
  /** The value, printable, cut to `longest`. */
  readonly text: string;
}

const longest = 64;

export function unknownValue(data: unknown, pointer: string): UnknownValue {
  const value = valueOf(data, stepsOf(pointer));
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? null);
  return { pointer, text: printable(text.slice(0, longest)).slice(0, longest) };
}

/**
 * Removes a field that the schema does not have; in a list from all its entries.
 * @returns false: there is no such field
 */
export function removeUnknownField(data: unknown, { instancePath, params }: SchemaFault): boolean {
  const name = params['additionalProperty'];
  if (typeof name !== 'string') return false;
  const steps = stepsOf(instancePath);
  const list = valueOf(data, steps.slice(0, -1));
  const owners: readonly unknown[] = Array.isArray(list) ? list : [valueOf(data, steps)];
  return owners.filter((owner) => isMap(owner) && removeStep(owner, name)).length > 0;
}

interface Validator<T> {
  (data: unknown): data is T;
  errors?: readonly SchemaFault[] | null;
}

/** Fields that a newer program may have stored and this one does not know; each costs a check. */
const mostUnknown = 20;

/**
 * Removes the fields that the schema does not have. A form of another meaning has another version, so
 * what a newer program added can be left out.
 * @returns undefined: the data has another fault
 */
export function withoutUnknownFields<T>(data: unknown, isValid: Validator<T>): T | undefined {
  for (let removed = 0; removed <= mostUnknown; removed += 1) {
    if (isValid(data)) return data;
    const [first] = isValid.errors ?? [];
    if (first?.keyword !== 'additionalProperties' || !removeUnknownField(data, first)) break;
  }
  return undefined;
}

/** @returns false: there is no such value, or it is the whole data */
export function removeAt(data: unknown, pointer: string): boolean {
  const steps = stepsOf(pointer);
  const last = steps.pop();
  return last !== undefined && removeStep(valueOf(data, steps), last);
}

function removeStep(parent: unknown, step: string): boolean {
  if (Array.isArray(parent)) return parent.splice(Number(step), 1).length > 0;
  return isMap(parent) && Object.hasOwn(parent, step) && Reflect.deleteProperty(parent, step);
}

function valueOf(data: unknown, steps: readonly string[]): unknown {
  return steps.reduce<unknown>((inner, step) => {
    if (Array.isArray(inner)) return inner[Number(step)];
    return isMap(inner) && Object.hasOwn(inner, step) ? inner[step] : undefined;
  }, data);
}

function stepsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}
