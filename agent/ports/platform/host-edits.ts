import type { DueRestart, FileNote } from '../../../core/platform/observed-platform.ts';

/** The agent's notes about its own edits. On disk when a call returns. */
export interface HostEditsStore {
  /** @throws AppError corrupt-file */
  load(): Promise<KnownEdits>;
  /** @throws AppError */
  save(edits: KnownEdits): Promise<void>;
  /** Keeps a file as it was before the agent's first edit. @throws AppError */
  keepOriginal(path: string, text: string): Promise<void>;
}

export interface KnownEdits {
  readonly notes: readonly FileNote[];
  readonly dueRestarts: readonly DueRestart[];
}

export function hasEdits({ notes, dueRestarts }: KnownEdits): boolean {
  return notes.length + dueRestarts.length > 0;
}
