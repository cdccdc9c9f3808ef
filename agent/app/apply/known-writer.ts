/**
 * The writer of the cluster-wide resources by the last reading of the datastore, and the hold in
 * force.
 */
import type { Hold } from '../../../core/writer/writer-record.ts';
import type { WriterLease, WriterStatus } from '../../ports/datastore/writer-lease.ts';
import type { StateStore } from '../state/agent-state.ts';

/** The agents that a hold stops: this one, or all of the cluster. */
export type HoldScope = 'agent' | 'cluster';

export type HoldInForce = Hold & { readonly scope: HoldScope };

export interface KnownWriter {
  /** The status by the last reading; the same object as long as nothing changed. */
  status(): WriterStatus;
  /** Reads the datastore. @throws AppError */
  read(): Promise<WriterStatus>;
  /** This agent's own hold, or the cluster's by the last reading. */
  holdInForce(): HoldInForce | undefined;
  /** Calls the listener when `status` is different. */
  onChange(listener: () => void): void;
}

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
