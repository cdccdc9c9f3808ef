import type { LoggedEvent } from '../../../schemas/generated/logged-event.ts';

/** The newest events on disk. What is lost here hurts no change. */
export interface EventStore {
  /** Oldest first; a damaged file is set aside, and what can be read of it counts. @throws AppError */
  load(): Promise<readonly LoggedEvent[]>;
  /** @throws AppError; then none of them counts as written */
  append(events: readonly LoggedEvent[]): Promise<void>;
  /** Leaves these and no others. @throws AppError */
  replace(events: readonly LoggedEvent[]): Promise<void>;
}
