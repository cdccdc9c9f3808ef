/**
 * What one agent or a person did once for the cluster counts on all nodes. This agent keeps what it learned, because the
 * record forgets it when another revision asks for other settings, perhaps before this agent gets that one.
 */
import type { AskedOnce } from '../../../core/writer/done-once.ts';
import type { ClusterWriter } from '../apply/cluster-writer.ts';
import type { Records } from '../state/records.ts';
import { withDoneByHand } from '../state/state-changes.ts';
import type { PlannedChange } from './observe-and-plan.ts';

interface DoneOnceDeps {
  readonly records: Pick<Records, 'state'>;
  readonly writer: Pick<ClusterWriter, 'status' | 'noteDoneOnce'>;
}

/** Between this agent and the writer record, both ways. @throws AppError */
export async function shareDoneOnce(
  { records, writer }: DoneOnceDeps,
  { plan, askedOnce = [] }: Pick<PlannedChange, 'plan' | 'askedOnce'>,
): Promise<void> {
  if (askedOnce.length === 0) return;
  await keepDoneOnce(records, askedOnce, writer.status().record?.doneOnce ?? []);
  await writer.noteDoneOnce(askedOnce, plan.steps.length > 0);
}

async function keepDoneOnce(
  { state }: Pick<Records, 'state'>,
  asked: readonly AskedOnce[],
  done: readonly string[],
): Promise<void> {
  const known = state.current().doneByHand ?? [];
  const learned = asked
    .filter((one) => one.state === 'unseen')
    .map(({ digest }) => digest)
    .filter((digest) => done.includes(digest) && !known.includes(digest));
  if (learned.length === 0) return;
  await state.change((current) => ({
    state: learned.reduce(withDoneByHand, current),
    result: undefined,
  }));
}
