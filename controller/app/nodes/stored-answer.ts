/** A node's last answers in the form that is stored, and read again after a restart. */
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { StoredAnswer } from '../../../schemas/generated/node-answer.ts';
import type { LastReport, NodeProgress, NodeRecord } from './node-record.ts';

/** @returns undefined: the node has answered nothing yet */
export function storedAnswer(record: NodeRecord): StoredAnswer | undefined {
  const { name: node, progress, takenOver } = record;
  const answer = {
    ...(progress !== undefined && storedProgress(progress)),
    ...(takenOver !== undefined && { takenOver }),
    ...lastReport(record),
  };
  if (Object.keys(answer).length === 0) return undefined;
  return { formatVersion: 1, node, ...answer };
}

/** The part of a node's record that a stored answer gives. */
export function answeredBefore(
  answer: StoredAnswer,
): Pick<NodeRecord, 'progress' | 'takenOver' | 'last'> {
  const { takenOver, accepted, inForce, confirmed } = answer;
  const { asNumber, routeReflectorClusterId, peers } = answer;
  return {
    progress: progressOf(answer),
    takenOver,
    last: {
      ...(accepted !== undefined && { accepted }),
      ...(inForce !== undefined && { inForce }),
      ...(confirmed !== undefined && { confirmed }),
      ...(asNumber !== undefined && { asNumber }),
      ...(routeReflectorClusterId !== undefined && { routeReflectorClusterId }),
      ...(peers !== undefined && { peers }),
    },
  };
}

/** The agent's last report: in its status, or, after a restart, in the stored answer. */
export function lastReport({
  status,
  peers,
  last = {},
}: Pick<NodeRecord, 'status' | 'peers' | 'last'>): LastReport {
  if (status === undefined) return last;
  const { accepted, inForce, confirmed } = status.revisions;
  const { resolved } = status;
  // Without the lists of fields that withoutUndefined makes: it is read for each answer of each node.
  return {
    ...(accepted !== undefined && { accepted }),
    ...(inForce !== undefined && { inForce }),
    ...(confirmed !== undefined && { confirmed }),
    ...(resolved !== undefined && ofResolved(resolved, peers)),
  };
}

function ofResolved(
  { asNumber, routeReflectorClusterId }: NonNullable<AgentStatus['resolved']>,
  peers = 0,
): Pick<LastReport, 'asNumber' | 'routeReflectorClusterId' | 'peers'> {
  return {
    ...(asNumber !== undefined && { asNumber }),
    ...(routeReflectorClusterId !== undefined && { routeReflectorClusterId }),
    peers,
  };
}

type OfProgress = Pick<StoredAnswer, 'revision' | 'stage' | 'failure'>;

function storedProgress({ ref: revision, outcome }: NodeProgress): OfProgress {
  if (outcome.kind === 'sent') return { revision };
  if (outcome.kind === 'stage') return { revision, stage: outcome.stage };
  const { kind: _kind, ...failure } = outcome;
  return { revision, failure };
}

function progressOf({ revision: ref, stage, failure }: OfProgress): NodeProgress | undefined {
  if (ref === undefined) return undefined;
  if (stage !== undefined) return { ref, outcome: { kind: 'stage', stage } };
  if (failure !== undefined) return { ref, outcome: { kind: 'nack', ...failure } };
  return { ref, outcome: { kind: 'sent' } };
}
