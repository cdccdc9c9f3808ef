/** The progress of a node with the revision that was sent to it, and the log lines about it. */
import type { DeliveryOutcome } from '../../../core/protocol/delivery/controller-delivery.ts';
import { sameRef } from '../../../core/protocol/messages.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { NodeProgress, NodeRecord } from './node-record.ts';

/** The revision that an agent accepted in place of the one that it had accepted. */
export function takenOverBy(
  accepted: RevisionRef | undefined,
  progress: NodeProgress | undefined,
): RevisionRef | undefined {
  // Until the agent has acknowledged the newest revision, its status may be older.
  if (accepted === undefined || progress?.outcome.kind !== 'stage') return undefined;
  return sameRef(accepted, progress.ref) ? undefined : accepted;
}

/**
 * Logs a failure once, and returns the current one, so that an agent that fails in the same way
 * again does not fill the log.
 * @param logger a logger that limits its warnings, because an agent may fail in another way each
 * time
 */
export function logProgress(
  logger: Pick<Logger, 'debug' | 'warn'>,
  { name: node, complaint }: NodeRecord,
  { ref, outcome }: NodeProgress,
): string | undefined {
  const { number: revision } = ref;
  if (outcome.kind !== 'nack') {
    const text = outcome.kind === 'sent' ? 'sent' : outcome.stage;
    logger.debug(text, { node, revision });
    return text === 'confirmed' ? undefined : complaint;
  }
  const { code, message } = outcome;
  const news = `${code} ${message}`;
  const level = news === complaint ? 'debug' : 'warn';
  logger[level]('an agent did not take the configuration', { node, revision, code, message });
  return news;
}

/** The stages of two revisions that follow each other. */
const mostShared = 8;

/**
 * @returns a function that gives the same object where many nodes make the same progress: a revision that was
 * sent to them, or a stage of it
 */
export function createSharedProgress(): (
  ref: RevisionRef,
  outcome: DeliveryOutcome,
) => NodeProgress {
  const recent: NodeProgress[] = [];
  let oldest = 0;
  return (ref, outcome) => {
    if (outcome.kind === 'nack') return { ref, outcome };
    for (const one of recent) {
      if (isSameStage(one.outcome, outcome) && sameRef(one.ref, ref)) return one;
    }
    const made = { ref, outcome };
    recent[oldest] = made;
    oldest = (oldest + 1) % mostShared;
    return made;
  };
}

function isSameStage(one: DeliveryOutcome, other: DeliveryOutcome): boolean {
  if (one.kind === 'sent' || other.kind === 'sent') return one.kind === other.kind;
  return one.kind === 'stage' && other.kind === 'stage' && one.stage === other.stage;
}
