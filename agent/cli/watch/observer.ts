/** Asks the daemon for what the live view shows; an answer that does not come changes nothing. */
import { reasonOf } from '../../../runtime/errors.ts';
import {
  answerOf,
  type AnswerForm,
  type DaemonClient,
} from '../../../runtime/cli/daemon-client.ts';
import { eventsAnswer, peersAnswer, statusAnswer } from '../daemon/answers.ts';
import type { Snapshot } from './view.ts';

export interface Observer {
  /** What is known now. @throws AppError where the daemon never answered */
  look(signal: AbortSignal): Promise<Snapshot>;
}

const timeoutMs = 5000;
const keptEvents = 100;
/** BIRD has other work than to be asked each second. */
const peersEveryLooks = 3;

export function createObserver(client: DaemonClient): Observer {
  let last: Snapshot | undefined;
  let lastEvent = 0;
  let looks = 0;
  const ask = <T>(path: string, form: AnswerForm<T>, signal: AbortSignal): Promise<T> =>
    answerOf(client.read({ method: 'GET', path, timeoutMs, signal }), form);

  const fresh = async (signal: AbortSignal): Promise<Snapshot> => {
    const asksPeers = looks % peersEveryLooks === 0;
    looks += 1;
    const [status, answer, peers] = await Promise.all([
      ask('/v1/status', statusAnswer, signal),
      ask(`/v1/events?after=${String(lastEvent)}`, eventsAnswer, signal),
      asksPeers ? ask('/v1/peers', peersAnswer, signal).catch(() => undefined) : undefined,
    ]);
    lastEvent = answer.last;
    const events = [...(last?.events ?? []), ...answer.events].slice(-keptEvents);
    return { status, events, peers: peers ?? last?.peers, silence: undefined };
  };
  return {
    look: async (signal) => {
      try {
        last = await fresh(signal);
      } catch (error) {
        if (last === undefined) throw error;
        last = { ...last, silence: reasonOf(error) };
      }
      return last;
    },
  };
}
