/** How far a node is with what was brought to it: what that means, and what is worth a line. */
import { sameRef } from '../../../core/protocol/messages.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { NodeProgress, NodeRecord } from './node-record.ts';

/** What an agent accepted in place of what it had taken. */
export function takenOverBy(
  accepted: RevisionRef | undefined,
  progress: NodeProgress | undefined,
): RevisionRef | undefined {
  // Until the agent acknowledged the newest, its status may be of the time before.
  if (accepted === undefined || progress?.outcome.kind !== 'stage') return undefined;
  return sameRef(accepted, progress.ref) ? undefined : accepted;
}

/**
 * Returns the failure that stands. An agent that fails the same way again does not fill the log.
 * @param logger whose warnings are limited: an agent may fail in another way each time
 */
export function logProgress(
  logger: Pick<Logger, 'debug' | 'warn'>,
  { name: node, complaint }: NodeRecord,
  { ref, outcome }: NodeProgress,
): string | undefined {
  const { number } = ref;
  if (outcome.kind !== 'nack') {
    const text = outcome.kind === 'sent' ? 'sent' : outcome.stage;
    logger.debug(text, { node, number });
    return text === 'confirmed' ? undefined : complaint;
  }
  const { code, message } = outcome;
  const news = `${code} ${message}`;
  const level = news === complaint ? 'debug' : 'warn';
  logger[level]('an agent did not take the configuration', { node, number, code, message });
  return news;
}
