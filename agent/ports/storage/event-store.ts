import type { LoggedEvent } from '../../../schemas/generated/logged-event.ts';

/** The newest events on disk. A loss does not harm any change. */
export interface EventStore {
  /**
   * Reads the events, oldest first; sets a damaged file aside, and keeps its readable lines.
   * @throws AppError
   */
  load(): Promise<readonly LoggedEvent[]>;
  /** @throws AppError; then none of them counts as written */
  append(events: readonly LoggedEvent[]): Promise<void>;
  /** Replaces all events with these. @throws AppError */
  replace(events: readonly LoggedEvent[]): Promise<void>;
}
