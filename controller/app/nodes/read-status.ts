/** The status of an agent, after what it says has changed. */
import { applyStatusChanges } from '../../../core/protocol/status-changes.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import { isAgentStatus } from '../../../schemas/generated/agent-status.validator.js';

/** A text where it cannot be used. */
export function readStatus(
  before: AgentStatus | undefined,
  changes: Readonly<Record<string, unknown>>,
): AgentStatus | string {
  const status: unknown = structuredClone(applyStatusChanges({ ...before }, changes));
  if (isAgentStatus(status)) return status;
  // A newer agent may know fields that this controller does not.
  for (const { keyword, instancePath, params } of isAgentStatus.errors ?? []) {
    if (keyword === 'additionalProperties') remove(status, instancePath, params);
  }
  return isAgentStatus(status) ? status : 'the status breaks its schema';
}

function remove(within: unknown, pointer: string, params: Record<string, unknown>): void {
  const steps = pointer.split('/').slice(1).map(unescaped);
  let parent: unknown = within;
  for (const step of steps) {
    if (typeof parent !== 'object' || parent === null) return;
    parent = Reflect.get(parent, step);
  }
  const name = params['additionalProperty'];
  if (typeof parent === 'object' && parent !== null && typeof name === 'string') {
    Reflect.deleteProperty(parent, name);
  }
}

function unescaped(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}
