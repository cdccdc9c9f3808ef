/** The status of the agent: its activity and its knowledge. */
import type { SessionCount } from '../../../core/sessions/count-sessions.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { GuardView } from '../../../core/guard/guard-view.ts';
import type { Signals } from './signals.ts';
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
  /** Takes a new count of the sessions. */
  showSessions(count: SessionCount | undefined): void;
  showGuard(view: GuardView): void;
  /** Tells the listeners that the status has changed. */
  refresh(): void;
}

export interface CurrentStatusDeps {
  readonly fixed: FixedStatus;
  readonly events: Pick<Signals, 'emit'>;
  readonly inputs: () => Omit<StatusInputs, 'sessions' | 'guard'>;
}

export function createCurrentStatus({ fixed, events, inputs }: CurrentStatusDeps): CurrentStatus {
  const board = createStatusBoard(fixed);
  // The state until the first pass has ended, so that clients keep waiting.
  let activity: Activity = { state: 'recovering', message: 'starting' };
  let sessions: SessionCount | undefined;
  let guard: GuardView = { guard: 'off' };
  const read = (): AgentStatus => board.read(activity, { ...inputs(), sessions, guard });
  const refresh = (): void => events.emit({ type: 'status', status: read() });
  return {
    read,
    activity: () => activity,
    refresh,
    showSessions: (count) => {
      sessions = count;
      refresh();
    },
    showGuard: (view) => {
      guard = view;
      refresh();
    },
    show: (next) => {
      activity = next;
      refresh();
    },
  };
}
