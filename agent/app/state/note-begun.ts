/** Remembers which revision this agent was the first to put into the writer record. */
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { WriterRecord } from '../../../core/writer/writer-record.ts';
import type { StateStore } from './agent-state.ts';

/**
 * Before this agent puts a revision with edits into the writer record. It may take back only what it began: an agent that
 * was installed anew finds its node in the record of a revision that others confirmed long ago.
 * @param record by the last reading
 * @throws AppError
 */
export async function noteBegun(
  { state }: { readonly state: Pick<StateStore, 'current' | 'change'> },
  { lineage, number, digest }: RevisionRef,
  record: WriterRecord | undefined,
): Promise<void> {
  const { editedCluster: isEdited, begun } = state.current();
  if (isEdited !== true || record?.revision?.digest === digest || begun?.digest === digest) return;
  await state.change((current) => ({
    state: { ...current, begun: { lineage, number, digest } },
    result: undefined,
  }));
}
