/** Holds back what connections ask for until this program knows what it needs for the answer. */
import { setImmediate } from 'node:timers';
import type { Turns } from './spread.ts';

export interface Gate {
  readonly isOpen: () => boolean;
  /**
   * Runs the work now, or when the gate opens, unless its connection has ended by then. A held connection that sends
   * more, or asks for a second work, is ended.
   * @param opened called when the gate opens while the work is held: from then on it waits for this program alone, however
   *   long its turn takes
   */
  run(connection: HeldConnection, work: () => void, opened?: () => void): void;
  /**
   * Runs the held work, in turns: some of it before what those that ran cause, so that thousands do not begin at once,
   * of whom the last would wait too long to go on.
   */
  open(): void;
  /** Ends the connections that are held. */
  dismiss(): void;
}

/** Nobody else reads from it meanwhile. */
interface HeldConnection {
  once(event: 'close' | 'readable', happened: () => void): unknown;
  off(event: 'close' | 'readable', happened: () => void): unknown;
  destroy(): unknown;
}

interface Held {
  readonly work: () => void;
  readonly opened: (() => void) | undefined;
  readonly ended: () => void;
  readonly spoke: () => void;
}

/** How many works are given to the turns together. */
const atOnceReleased = 64;

export function createGate(turns: Turns): Gate {
  const held = new Map<HeldConnection, Held>();
  let isOpen = false;
  const release = (): void => {
    for (const [connection, { work, ended, spoke }] of [...held].slice(0, atOnceReleased)) {
      held.delete(connection);
      // Until its turn it waits as before.
      turns.run(() => {
        connection.off('close', ended);
        connection.off('readable', spoke);
        work();
      });
    }
    if (held.size > 0) turns.run(() => void setImmediate(release));
  };
  return {
    isOpen: () => isOpen,
    run: (connection, work, opened) => {
      if (isOpen) return work();
      // So whoever bounds the connections bounds what is held as well. An agent waits for its answer.
      const spoke = (): void => void connection.destroy();
      if (held.has(connection)) return spoke();
      const ended = (): void => void held.delete(connection);
      held.set(connection, { work, opened, ended, spoke });
      connection.once('close', ended);
      connection.once('readable', spoke);
    },
    open: () => {
      isOpen = true;
      for (const { opened } of held.values()) opened?.();
      release();
    },
    dismiss: () => {
      for (const connection of held.keys()) connection.destroy();
    },
  };
}
