import { refOf, type DecisionMessage } from '../../core/protocol/messages.ts';
import { AppError, reasonOf } from '../../runtime/errors.ts';
import type { FollowedAgent } from '../app/agent.ts';

/**
 * Confirms a revision or rolls it back because a person at the controller said so. Never throws: where the
 * agent does not have the revision, or does not wait for that, nothing changes, and its status tells the
 * controller how it is.
 */
export async function carryOutDecision(
  { operations, audit }: Pick<FollowedAgent, 'operations' | 'audit'>,
  message: DecisionMessage,
): Promise<void> {
  const { decision, by } = message;
  const revision = refOf(message);
  const about = {
    action: actions[decision],
    who: { entrance: 'controller', claimed: by },
    revision,
  } as const;
  try {
    if (decision === 'confirm') await operations.confirm(revision);
    else await operations.rollback({ by: `${by} at the controller`, from: revision });
    audit.write({ ...about, outcome: 'done' });
  } catch (error) {
    const outcome = error instanceof AppError ? 'refused' : 'failed';
    audit.write({ ...about, outcome, why: reasonOf(error) });
  }
}

const actions = { confirm: 'confirm', 'roll-back': 'rollback' } as const;
