import type { AgentStatus } from '../../schemas/generated/agent-status.ts';

/** Every state of an agent's status, as a record, so that none can be missing. */
const states: Readonly<Record<AgentStatus['state'], true>> = {
  waiting: true,
  applying: true,
  recovering: true,
  'in-force': true,
  confirming: true,
  'rolling-back': true,
  'awaiting-writer': true,
  'awaiting-gate': true,
  drifted: true,
  held: true,
  failed: true,
};

/** The states for which metrics have a series, in the order of the schema. */
export const agentStates: readonly string[] = Object.keys(states);
