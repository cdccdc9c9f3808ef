/** Looks again at a leader that could not be reached, because no agent may come for long. */
import { connect, type Socket } from 'node:net';
import { reasonOf } from '../../../runtime/errors.ts';

interface Place {
  readonly host: string;
  readonly port: number;
}

export interface LeaderProbe {
  /** @param reason why the last attempt failed; undefined: it did not */
  attempted(leader: Place, reason: string | undefined): void;
  /** Looks no more: there is another leader, or none. */
  stop(): void;
}

export interface ProbeOptions {
  /** Runs after this time; returns a function that cancels it. */
  readonly after: (milliseconds: number, run: () => void) => () => void;
  /** Called with the result of each look. @param reason undefined: the leader accepts */
  readonly seen: (reason: string | undefined) => void;
}

const pauseMs = 30_000;
const patienceMs = 10_000;

/** The leader takes such a connection for one that has sent nothing, and forgets it. */
export function createLeaderProbe({ after, seen }: ProbeOptions): LeaderProbe {
  let callOff: () => void = () => undefined;
  let socket: Socket | undefined;
  const stop = (): void => {
    callOff();
    socket
      ?.removeAllListeners()
      .on('error', () => undefined)
      .destroy();
    socket = undefined;
  };
  const attempted: LeaderProbe['attempted'] = (leader, reason) => {
    stop();
    if (reason !== undefined) callOff = after(pauseMs, () => look(leader));
  };
  const look = (leader: Place): void => {
    const tried = connect({ ...leader, timeout: patienceMs });
    socket = tried;
    const tell = (reason: string | undefined): void => {
      attempted(leader, reason);
      seen(reason);
    };
    tried.once('connect', () => tell(undefined));
    tried.once('timeout', () => tried.destroy(new Error('no answer in time')));
    tried.once('error', (error) => tell(`the leader cannot be reached: ${reasonOf(error)}`));
  };
  return { attempted, stop };
}
