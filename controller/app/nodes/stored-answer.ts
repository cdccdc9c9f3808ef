/** A node's last answers in the form that is stored, and read again after a restart. */
import type { StoredAnswer } from '../../../schemas/generated/node-answer.ts';
import type { LastReport, NodeProgress, NodeRecord } from './node-record.ts';

type Writable<T> = { -readonly [Field in keyof T]: T[Field] };

/** @returns undefined: the node has answered nothing yet */
export function storedAnswer(record: NodeRecord): StoredAnswer | undefined {
  const { name: node, progress, takenOver } = record;
  // Filled field by field: it is made for each answer of each node, and spreading makes an object for each part.
  const answer: Writable<StoredAnswer> = { formatVersion: 1, node };
  if (progress !== undefined) addProgress(answer, progress);
  if (takenOver !== undefined) answer.takenOver = takenOver;
  addReport(answer, record);
  return Object.keys(answer).length > 2 ? answer : undefined;
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

type Reported = Pick<NodeRecord, 'status' | 'peers' | 'last'>;

/** The agent's last report: in its status, or, after a restart, in the stored answer. */
export function lastReport(record: Reported): LastReport {
  const report: Writable<LastReport> = {};
  addReport(report, record);
  return report;
}

function addReport(to: Writable<LastReport>, { status, peers, last }: Reported): void {
  if (status === undefined) {
    Object.assign(to, last);
    return;
  }
  const { accepted, inForce, confirmed } = status.revisions;
  if (accepted !== undefined) to.accepted = accepted;
  if (inForce !== undefined) to.inForce = inForce;
  if (confirmed !== undefined) to.confirmed = confirmed;
  const { resolved } = status;
  if (resolved === undefined) return;
  const { asNumber, routeReflectorClusterId } = resolved;
  if (asNumber !== undefined) to.asNumber = asNumber;
  if (routeReflectorClusterId !== undefined) to.routeReflectorClusterId = routeReflectorClusterId;
  to.peers = peers ?? 0;
}

type OfProgress = Pick<StoredAnswer, 'revision' | 'stage' | 'failure'>;

function addProgress(to: Writable<OfProgress>, { ref, outcome }: NodeProgress): void {
  to.revision = ref;
  if (outcome.kind === 'stage') to.stage = outcome.stage;
  if (outcome.kind !== 'nack') return;
  const { kind: _kind, ...failure } = outcome;
  to.failure = failure;
}

function progressOf({ revision: ref, stage, failure }: OfProgress): NodeProgress | undefined {
  if (ref === undefined) return undefined;
  if (stage !== undefined) return { ref, outcome: { kind: 'stage', stage } };
  if (failure !== undefined) return { ref, outcome: { kind: 'nack', ...failure } };
  return { ref, outcome: { kind: 'sent' } };
}
