/** Records changes of the status and of the sessions as events, as long as the agent runs. */
import { sessionChanges, type KnownSessions } from '../../../core/events/session-events.ts';
import { statusEvents } from '../../../core/events/status-events.ts';
import type { SessionVerdict } from '../../../core/sessions/match-sessions.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { Signals } from '../status/signals.ts';
import type { EventLog } from './event-log.ts';

/** @param first the status at the start @returns how to end it */
export function recordStatus(
  log: Pick<EventLog, 'record'>,
  events: Pick<Signals, 'subscribe'>,
  first: AgentStatus,
): () => void {
  let last = first;
  return events.subscribe((event) => {
    if (event.type !== 'status' || event.status === last) return;
    const before = last;
    last = event.status;
    log.record(...statusEvents(before, event.status));
  });
}

/** Records each reading of the sessions; ignores a reading without any session. */
export function sessionRecorder(
  log: Pick<EventLog, 'record'>,
): (verdicts: readonly SessionVerdict[]) => void {
  let known: KnownSessions | undefined;
  return (verdicts) => {
    if (verdicts.length === 0 && known === undefined) return;
    const changes = sessionChanges(known, verdicts);
    known = changes.known;
    log.record(...changes.happenings);
  };
}
