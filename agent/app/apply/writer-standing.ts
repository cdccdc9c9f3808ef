/** Compares a revision of this agent with the one that the writer record names. */
import { printable } from '../../../core/printable.ts';
import { sameRevision } from '../../../core/revision/judge-offer.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { WriterPosition } from '../../../core/writer/judge-writer.ts';
import type { WriterRecord } from '../../../core/writer/writer-record.ts';
import type { AgentState } from '../state/agent-state.ts';

/** This agent's properties that matter for the writer record. */
export interface OwnSide {
  readonly node: string;
  readonly state: AgentState;
}

/** Why the agent may not write the cluster-wide resources for the revision; undefined: it may. */
export async function refusalByRecord(
  own: OwnSide,
  revision: RevisionRef,
  record: WriterRecord | undefined,
): Promise<string | undefined> {
  if (isOwnFailure(own, record)) return undefined;
  const { judgeWriter } = await import('../../../core/writer/judge-writer.ts');
  const verdict = judgeWriter(positionOf(own.state, revision, record), record);
  if (verdict.write) return undefined;
  return isRejected(own, record) ? leftToWriter(record) : verdict.message;
}

/**
 * A node rolls back its own scope; the writer rolls the cluster-wide resources back, for all nodes
 * at once.
 */
function leftToWriter({ by }: WriterRecord): string {
  return `the cluster-wide resources are still those of the revision that was rolled back here: the agent of node "${printable(by)}" wrote them, and rolls them back when it learns of this`;
}

/** The record names an older number of the revision's lineage, or a revision that failed here. */
export function isRecordBehind(
  own: OwnSide,
  revision: RevisionRef,
  record: WriterRecord | undefined,
): boolean {
  const written = record?.revision;
  if (written === undefined || sameRevision(written, revision)) return false;
  if (isOwnFailure(own, record)) return true;
  return isComparable(written, revision) && written.number < revision.number;
}

/**
 * Tells the other agents why this one rolls the recorded revision back. Empty: it does not roll
 * back.
 */
export function reasonOfReturn(
  own: OwnSide,
  revision: RevisionRef,
  record: WriterRecord | undefined,
): { readonly rollbackReason?: string } {
  const written = record?.revision;
  const rejection = own.state.rejected.find(({ digest }) => digest === written?.digest);
  if (written === undefined || rejection === undefined) return {};
  const isForward = isComparable(written, revision) && revision.number > written.number;
  const mayRollBack = record?.by === own.node || positionOf(own.state, revision, record).takeOver;
  return isForward || !mayRollBack ? {} : { rollbackReason: rejection.reason };
}

/** In a lineage of Juju each unit counts its own numbers, so they cannot be compared. */
function isComparable(one: RevisionRef, other: RevisionRef): boolean {
  return one.lineage === other.lineage && !one.lineage.startsWith('juju:');
}

/** This agent wrote the recorded revision, could not finish it, and rolls it back. */
export function isOwnFailure(own: OwnSide, record: WriterRecord | undefined): boolean {
  return isRejected(own, record) && record.by === own.node;
}

function isRejected({ state }: OwnSide, record: WriterRecord | undefined): record is WriterRecord {
  return state.rejected.some(({ digest }) => digest === record?.revision?.digest);
}

/**
 * The revision with the generation of the record that this agent knew when it accepted the
 * revision.
 */
function positionOf(
  { writerPosition }: AgentState,
  revision: RevisionRef,
  record: WriterRecord | undefined,
): WriterPosition {
  if (writerPosition === undefined || !sameRevision(writerPosition.revision, revision)) {
    return { revision, basedOn: 0, takeOver: false };
  }
  const { generation } = writerPosition;
  // A take-over overrules the record as it was when somebody asked for it, and nothing later.
  const takeOver = writerPosition.takeOver === true && generation >= (record?.generation ?? 0);
  return { revision, basedOn: generation, takeOver };
}
