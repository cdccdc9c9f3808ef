/** Takes the reports of connected agents: their status, and the progress of a revision. */
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { DeliveryOutcome } from '../../../core/protocol/delivery/controller-delivery.ts';
import { sameRef } from '../../../core/protocol/messages.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import { limitedLines } from '../../../runtime/pacing/limited-lines.ts';
import { keptOutcome, keptStatus } from '../nodes/kept-answers.ts';
import type { NodeRecord } from '../nodes/node-record.ts';
import { createSharedProgress, logProgress, takenOverBy } from '../nodes/progress.ts';
import type { SharedParts } from '../nodes/shared-parts.ts';
import { readStatus } from '../nodes/read-status.ts';
import type { Decisions } from './decisions.ts';
import type { Fleet } from './fleet.ts';
import type { LinkedNodes } from './linked-nodes.ts';

export interface AnswerDeps {
  readonly nodes: LinkedNodes;
  readonly parts: SharedParts;
  readonly decisions: Pick<Decisions, 'tell'>;
  readonly logger: Logger;
  /** RFC 3339. */
  readonly now: () => string;
  /** Called when a node's answers have changed that are kept over a restart. */
  readonly onAnswer: (node: string) => void;
}

export function createAnswers({
  nodes,
  parts,
  decisions,
  logger,
  now,
  onAnswer,
}: AnswerDeps): Pick<Fleet, 'reportStatus' | 'reportProgress'> {
  const warn = limitedLines(
    (message, fields) => logger.warn(message, fields),
    () => Date.parse(now()),
  );
  const progressOf = createSharedProgress();
  const progressLogger = { debug: logger.debug, warn };
  return {
    reportStatus: (link, changes) => {
      const record = nodes.nodeOf(link);
      if (record === undefined) return undefined;
      const { takenOver: known, peers } = record;
      const read = readStatus(record, changes);
      if (typeof read === 'string') return read;
      const { status, unknown } = read;
      const takenOver =
        'revisions' in changes ? takenOverBy(status.revisions.accepted, record.progress) : known;
      nodes.putStatus(record, {
        status: keptStatus(status, parts),
        unknown: unknown.length > 0 ? unknown : undefined,
        peers: 'resolved' in changes ? peerCountOf(status) : peers,
        takenOver,
      });
      if ('revisions' in changes || 'resolved' in changes) onAnswer(record.name);
      if ('confirming' in changes || 'revisions' in changes) decisions.tell(link, status);
      return undefined;
    },
    reportProgress: (link, ref, reported) => {
      const place = nodes.placeOf(link);
      if (place?.record === undefined) return;
      const { record } = place;
      const said = progressOf(ref, keptOutcome(reported));
      const { outcome } = said;
      const { progress, takenOver } = record;
      const complaint = logProgress(progressLogger, record, said);
      // A report about an older revision does not count any more.
      const isOld = (progress?.ref.number ?? 0) > ref.number;
      if (isOld || saysLess(outcome, ref, record)) {
        nodes.putProgress(place, {
          progress,
          takenOver,
          complaint: complaint ?? record.complaint,
        });
      } else nodes.putProgress(place, { progress: said, takenOver: undefined, complaint });
      // A message that was sent is no answer; the stored one stays until the next.
      if (outcome.kind !== 'sent') onAnswer(record.name);
    },
  };
}

/**
 * Whether an outcome says less than the known one: when an agent connects again, "rejected before"
 * adds nothing about a revision that it rolled back.
 */
function saysLess(outcome: DeliveryOutcome, ref: RevisionRef, { progress }: NodeRecord): boolean {
  // It said in its hello that it still has the revision; it gets it again to say more.
  if (outcome.kind === 'sent' && progress?.outcome.kind === 'stage')
    return sameRef(progress.ref, ref);
  return (
    outcome.kind === 'nack' &&
    outcome.code === 'rejected-before' &&
    progress?.outcome.kind === 'nack' &&
    progress.outcome.retrying === undefined &&
    sameRef(progress.ref, ref)
  );
}

/** The number of peers; an agent that does not count them lists all of them. */
function peerCountOf({ resolved }: AgentStatus): number {
  return resolved?.peerCount ?? resolved?.peers.length ?? 0;
}
