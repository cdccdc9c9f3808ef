import type { CloudNote } from '../../../core/cloud/observed-cloud.ts';

/** The agent's notes about the interfaces that it changed. On disk when a call returns. */
export interface CloudNotes {
  /** @throws AppError corrupt-file */
  load(): Promise<readonly CloudNote[]>;
  /** @throws AppError */
  save(notes: readonly CloudNote[]): Promise<void>;
}
