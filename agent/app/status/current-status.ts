/** The status of the agent: what it does now, and what it knows. */
import type { SessionCount } from '../../../core/sessions/count-sessions.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { Events } from './events.ts';
import {
  createStatusBoard,
  type Activity,
  type FixedStatus,
  type StatusInputs,
} from './status-board.ts';

export interface CurrentStatus {
  /** The same object as long as nothing changed. */
  read(): AgentStatus;
  activity(): Activity;
  show(next: Activity): void;
  /** The sessions were counted anew. */
  showSessions(count: SessionCount | undefined): void;
  /** Tells the listeners that something that the status shows is different. */
  refresh(): void;
}

export interface CurrentStatusDeps {
  readonly fixed: FixedStatus;
  readonly events: Pick<Events, 'emit'>;
  readonly inputs: () => Omit<StatusInputs, 'sessions'>;
}

export function createCurrentStatus({ fixed, events, inputs }: CurrentStatusDeps): CurrentStatus {
  const board = createStatusBoard(fixed);
  // Until the first pass has ended, so that clients keep waiting.
  let activity: Activity = { state: 'recovering', message: 'starting' };
  let sessions: SessionCount | undefined;
  const read = (): AgentStatus => board.read(activity, { ...inputs(), sessions });
  const refresh = (): void => events.emit({ type: 'status', status: read() });
  return {
    read,
    activity: () => activity,
    refresh,
    showSessions: (count) => {
      sessions = count;
      refresh();
    },
    show: (next) => {
      activity = next;
      refresh();
    },
  };
}
