/** What an agent said, cut to what is shown of it: a node keeps some kilobytes, whatever it sends. */
import type { DeliveryOutcome } from '../../../core/protocol/controller-delivery.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';

const maxText = 1000;
const maxIssues = 10;

/** Without what nobody is shown here; the agent's own socket has it all. The form stays valid. */
export function keptStatus(status: AgentStatus): AgentStatus {
  const { resolved, revisions, datastore, message } = status;
  return {
    ...status,
    message: message.slice(0, maxText),
    datastore: { ...datastore, message: datastore.message.slice(0, maxText) },
    revisions: { ...revisions, rejected: [] },
    ...(resolved === undefined ? {} : { resolved: { ...resolved, peers: [] } }),
    issues: [],
  };
}

export function keptOutcome(outcome: DeliveryOutcome): DeliveryOutcome {
  if (outcome.kind !== 'nack') return outcome;
  const issues = outcome.issues.slice(0, maxIssues).map(({ hint, ...issue }) => ({
    ...issue,
    pointer: issue.pointer.slice(0, maxText),
    message: issue.message.slice(0, maxText),
    ...(hint === undefined ? {} : { hint: hint.slice(0, maxText) }),
  }));
  return { ...outcome, message: outcome.message.slice(0, maxText), issues };
}
