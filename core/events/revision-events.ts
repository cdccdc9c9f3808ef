/** The events of revisions: accepted, in force, confirmed, rejected or rolled back. */
import type { AgentStatus } from '../../schemas/generated/agent-status.ts';
import { revisionText } from '../revision/revision-text.ts';
import type { RevisionRef } from '../revision/revision.ts';
import { about, isSame } from './about-revision.ts';
import type { Happening } from './event.ts';

export function revisionEvents(before: AgentStatus, after: AgentStatus): readonly Happening[] {
  // Until the state is read, the previous revisions are not known.
  if (before.storage?.stateUnknown === true || after.storage?.stateUnknown === true) return [];
  const { accepted, inForce, confirmed } = after.revisions;
  const entered = !isSame(before.revisions.inForce, inForce);
  const isConfirmed = !isSame(before.revisions.confirmed, confirmed);
  const rolledBack = rejections(before, after).length > 0;
  return [
    ...(accepted !== undefined && !isSame(before.revisions.accepted, accepted) && !rolledBack
      ? [ofRevision('accepted', accepted, 'is accepted')]
      : []),
    ...rejections(before, after).map((one) => rejected(one, before)),
    ...(inForce !== undefined && entered ? [ofRevision('applied', inForce, 'is in force')] : []),
    ...(confirmed !== undefined && isConfirmed && !rolledBack
      ? [ofRevision('confirmed', confirmed, confirmedText(after))]
      : []),
  ];
}

const confirmedWords = {
  health: ', because the node is healthy',
  person: ' by a person',
  'nothing-seen': ' although no session could be observed',
  'other-nodes': ', because the other nodes are healthy; no session could be observed here',
} as const;

function confirmedText({ revisions: { confirmedBy } }: AgentStatus): string {
  return `is confirmed${confirmedBy === undefined ? '' : confirmedWords[confirmedBy]}`;
}

function ofRevision(
  kind: 'accepted' | 'applied' | 'confirmed',
  revision: RevisionRef,
  how: string,
): Happening {
  return {
    kind,
    level: 'info',
    text: `revision ${revisionText(revision)} ${how}`,
    ...about(revision),
  };
}

/** The events from the last write until the confirmation or rollback. */
export function confirmEvents(before: AgentStatus, after: AgentStatus): readonly Happening[] {
  const [was, is] = [before.confirming, after.confirming];
  const goesBack = after.state === 'rolling-back' && before.state !== 'rolling-back';
  const isNew = is !== undefined && !isSame(was?.revision, is.revision);
  const isSick = is?.unhealthy !== undefined && was?.unhealthy === undefined;
  return [
    ...(goesBack ? [{ kind: 'rolling-back', level: 'error', text: after.message } as const] : []),
    ...(isNew ? [confirmEvent('confirming', is, deadlineText(is))] : []),
    ...(isSick ? [confirmEvent('unhealthy', is, `: ${is.unhealthy ?? ''}`)] : []),
  ];
}

type Confirming = NonNullable<AgentStatus['confirming']>;

function confirmEvent(
  kind: 'confirming' | 'unhealthy',
  { revision }: Confirming,
  how: string,
): Happening {
  const level = kind === 'confirming' ? 'info' : 'warning';
  return { kind, level, text: `revision ${revisionText(revision)}${how}`, ...about(revision) };
}

function deadlineText({ mode, until }: Confirming): string {
  const at = until === undefined ? '' : ` at ${until}`;
  return ` is rolled back${at} unless ${mode === 'person' ? 'a person confirms it' : 'the node is healthy'}`;
}

type Rejection = AgentStatus['revisions']['rejected'][number];

function rejections(before: AgentStatus, after: AgentStatus): readonly Rejection[] {
  if (before.revisions.rejected === after.revisions.rejected) return [];
  return after.revisions.rejected.filter(
    (one) => !before.revisions.rejected.some((other) => isSame(other, one)),
  );
}

/** A rollback of a revision that was in force, or the rejection of one that never was. */
function rejected(one: Rejection, { revisions: { inForce } }: AgentStatus): Happening {
  const { lineage, number, digest, reason } = one;
  const revision = { lineage, number, digest };
  const name = `revision ${revisionText(one)}`;
  return isSame(inForce, one)
    ? {
        kind: 'rolled-back',
        level: 'error',
        text: `${name} is not in force any more: ${reason}`,
        revision,
      }
    : { kind: 'rejected', level: 'error', text: `${name} is rejected: ${reason}`, revision };
}
