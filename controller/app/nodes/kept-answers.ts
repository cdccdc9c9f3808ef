/** What an agent said, cut to what is shown of it: a node keeps some kilobytes, whatever it sends. */
import { briefIssues, briefText } from '../../../core/protocol/brief.ts';
import type { DeliveryOutcome } from '../../../core/protocol/controller-delivery.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';

/** Without what nobody is shown here; the agent's own socket has it all. The form stays valid. */
export function keptStatus(status: AgentStatus): AgentStatus {
  const { resolved, revisions, datastore, message } = status;
  return {
    ...status,
    message: briefText(message),
    datastore: { ...datastore, message: briefText(datastore.message) },
    revisions: { ...revisions, rejected: [] },
    ...(resolved === undefined ? {} : { resolved: { ...resolved, peers: [] } }),
    issues: [],
  };
}

export function keptOutcome(outcome: DeliveryOutcome): DeliveryOutcome {
  if (outcome.kind !== 'nack') return outcome;
  return { ...outcome, message: briefText(outcome.message), issues: briefIssues(outcome.issues) };
}
