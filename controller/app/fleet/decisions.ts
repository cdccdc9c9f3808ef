/**
 * Sends a person's decision about the newest revision to each agent that it concerns, now or when
 * it connects. The agent's own status shows whether it waits for that.
 */
import { refOf, sameRef, type DecisionMessage } from '../../../core/protocol/messages.ts';
import type { Revision } from '../../../core/revision/revision.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { FleetLink } from './fleet.ts';
import type { LinkedNodes } from './linked-nodes.ts';
import type { FleetRevision } from './target-revision.ts';

export interface Decisions {
  /** Sends the decision to one agent. @returns whether it concerns the agent */
  tell(link: FleetLink, status: AgentStatus): boolean;
  /** Sends the decision to all agents. @returns the nodes whose agents it concerns */
  tellAll(by: string): readonly string[];
}

export function createDecisions(
  nodes: Pick<LinkedNodes, 'records' | 'linkOf' | 'nodeOf'>,
  revision: Pick<FleetRevision, 'current' | 'isTold'>,
): Decisions {
  const tell = (link: FleetLink, status: AgentStatus, by?: string): boolean => {
    const current = revision.current();
    const decision = current && decisionFor(current, status);
    if (current === undefined || decision === undefined) return false;
    const record = nodes.nodeOf(link);
    // An agent that does not know decisions gets none: it must not be named as told.
    if (record?.knowsDecisions !== true || !revision.isTold(record)) return false;
    const ref = refOf(current);
    link.decide({ type: 'decision', ...ref, decision, by: (by ?? current.by).slice(0, 256) });
    return true;
  };
  return {
    tell,
    tellAll: (by) =>
      nodes.records().flatMap(({ name, status }) => {
        const link = nodes.linkOf(name);
        return link && status && tell(link, status, by) ? [name] : [];
      }),
  };
}

function decisionFor(
  revision: Revision,
  { confirming, revisions: { accepted } }: AgentStatus,
): DecisionMessage['decision'] | undefined {
  const has = accepted !== undefined && sameRef(accepted, revision);
  if (revision.decided === 'rolled-back') return has ? 'roll-back' : undefined;
  const waits = confirming?.mode === 'person' && sameRef(confirming.revision, revision);
  return revision.decided === 'confirmed' && waits ? 'confirm' : undefined;
}
