/** What the datastore said last of the writer of the cluster-wide resources, and which hold is in force. */
import type { WriterLease, WriterStatus } from '../../ports/datastore/writer-lease.ts';
import type { StateStore } from '../state/agent-state.ts';
import type { ClusterWriter } from './cluster-writer.ts';

export type KnownWriter = Pick<ClusterWriter, 'status' | 'read' | 'holdInForce' | 'onChange'>;

export function createKnownWriter(lease: WriterLease, state: StateStore): KnownWriter {
  let known: WriterStatus = {};
  const listeners = new Set<() => void>();
  return {
    status: () => known,
    read: async () => {
      const status = await lease.read();
      await keepGeneration(state, status.record?.generation ?? 0);
      const isNew = JSON.stringify(status.record) !== JSON.stringify(known.record);
      if (isNew) {
        known = status;
        for (const listener of listeners) listener();
      }
      return status;
    },
    holdInForce: () => {
      const { hold } = state.current();
      if (hold !== undefined) return { ...hold, scope: 'agent' };
      const clusterHold = known.record?.hold;
      return clusterHold === undefined ? undefined : { ...clusterHold, scope: 'cluster' };
    },
    onChange: (listener) => void listeners.add(listener),
  };
}

async function keepGeneration(state: StateStore, generation: number): Promise<void> {
  if (generation <= (state.current().seenGeneration ?? 0)) return;
  await state.change((current) => ({
    state: { ...current, seenGeneration: generation },
    result: undefined,
  }));
}
