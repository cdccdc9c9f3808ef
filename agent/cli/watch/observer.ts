/** Asks the daemon for the live view's data; without an answer the last one stays. */
import { reasonOf } from '../../../runtime/errors.ts';
import {
  answerOf,
  type AnswerForm,
  type DaemonClient,
} from '../../../runtime/cli/daemon-client.ts';
import { eventsAnswer, peersAnswer, statusAnswer } from '../daemon/answers.ts';
import type { Snapshot } from './view.ts';

export interface Observer {
  /** The last answers. @throws AppError where the daemon never answered */
  look(signal: AbortSignal): Promise<Snapshot>;
}

const timeoutMs = 5000;
const keptEvents = 100;
/** Asks BIRD only at every third look, to spare it. */
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
