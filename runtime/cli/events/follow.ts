/** Follows the events of a daemon, for `events --follow`. */
import { setTimeout as rest } from 'node:timers/promises';
import { AppError, reasonOf } from '../../errors.ts';
import { answerOf, type AnswerForm, type DaemonClient } from '../daemon-client.ts';

interface EventsAnswer<T> {
  readonly events: readonly T[];
  /** The id of the last event, for the next request. */
  readonly last: number;
}

export interface Following<T> {
  readonly client: DaemonClient;
  readonly form: AnswerForm<EventsAnswer<T>>;
  /** The id of the last event that was printed. */
  readonly from: number;
  readonly print: (events: readonly T[]) => Promise<void>;
  /** Called once each time when the daemon does not answer any more, or refuses for now. */
  readonly away: (reason: string) => Promise<void>;
}

const waitSeconds = 30;
/**
 * The pause between requests: the daemon answers at once when too many clients follow, and it may
 * restart.
 */
const pauseMs = 1000;

/**
 * Prints events until the reader of stdout goes away or Ctrl-C ends the process, also over restarts
 * of the daemon.
 */
export async function followEvents<T>({
  client,
  form,
  from,
  print,
  away,
}: Following<T>): Promise<never> {
  let last = from;
  let isAway = false;
  for (;;) {
    try {
      const path = `/v1/events?after=${String(last)}&wait=${String(waitSeconds)}`;
      const timeoutMs = (waitSeconds + 10) * 1000;
      const answer = await answerOf(client.read({ method: 'GET', path, timeoutMs }), form);
      isAway = false;
      last = answer.last;
      await print(answer.events);
    } catch (error) {
      if (!(error instanceof AppError && error.retryable)) throw error;
      if (!isAway) await away(reasonOf(error));
      isAway = true;
    }
    await rest(pauseMs);
  }
}
