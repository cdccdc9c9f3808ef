import type { Role } from '../../../core/deciding/question.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';

/** The roles of the agent, also of an older one, whose status had one role. */
export function rolesOf({ roles, role = 'node' }: AgentStatus): readonly Role[] {
  return roles ?? [role];
}
