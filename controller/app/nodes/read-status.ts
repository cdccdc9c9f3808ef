/** Reads an agent's status from the previous one and its changes. */
import {
  removeAt,
  removeUnknownField,
  unknownValue,
  type SchemaFault,
  type UnknownValue,
} from '../../../core/input/newer-data.ts';
import { isMap } from '../../../core/input/plain-data.ts';
import { applyStatusChanges } from '../../../core/protocol/status-changes.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import { isAgentStatus } from '../../../schemas/generated/agent-status.validator.js';

export interface ReadStatus {
  /** The status without unknown values; an unknown state becomes `waiting`. */
  readonly status: AgentStatus;
  /** A few of the values of a newer agent that this controller does not know. */
  readonly unknown: readonly UnknownValue[];
}

/** Undefined: the agent has not sent a status over this connection. */
interface StatusBefore {
  readonly status?: AgentStatus | undefined;
  readonly unknown?: readonly UnknownValue[] | undefined;
}

/** Stands in for an unknown state; outputs show the unknown one. */
const placeholder: AgentStatus['state'] = 'waiting';
export const statePointer = '/state';
/**
 * The most unknown fields and values of a newer agent's status; each needs another check of the
 * whole.
 */
const mostFaults = 20;
const mostTold = 5;

/**
 * The status, or a text about a fault.
 * @param before the status by the last reading
 */
export function readStatus(
  before: StatusBefore,
  changes: Readonly<Record<string, unknown>>,
): ReadStatus | string {
  const merged: unknown = applyStatusChanges({ ...before.status }, changes);
  const unknown = (before.unknown ?? []).filter(({ pointer }) => !(fieldOf(pointer) in changes));
  if (isAgentStatus(merged)) return { status: merged, unknown: unknown.slice(0, mostTold) };
  const data: unknown = structuredClone(merged);
  for (let fault = 0; fault <= mostFaults; fault += 1) {
    if (isAgentStatus(data)) return { status: data, unknown: unknown.slice(0, mostTold) };
    const [first] = isAgentStatus.errors ?? [];
    if (first === undefined || !passOver(data, first, unknown)) break;
  }
  return 'the status breaks its schema';
}

/** @returns false: it is wrong, and not only newer */
function passOver(data: unknown, fault: SchemaFault, unknown: UnknownValue[]): boolean {
  const { keyword, instancePath } = fault;
  switch (keyword) {
    case 'additionalProperties':
      return removeUnknownField(data, fault);
    case 'enum':
      unknown.push(unknownValue(data, instancePath));
      if (instancePath !== statePointer) return removeAt(data, instancePath);
      return isMap(data) && Reflect.set(data, 'state', placeholder);
    case 'required':
    case 'minItems':
      // An object that needs the removed value is removed as well.
      return unknown.length > 0 && removeAt(data, instancePath);
    default:
      return false;
  }
}

function fieldOf(pointer: string): string {
  return pointer.split('/')[1] ?? '';
}
