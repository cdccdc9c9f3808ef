/** Holds back what connections ask for until this program knows what it needs for the answer. */
import type { Turns } from './spread.ts';

export interface Gate {
  /** Runs the work now, or when the gate opens, unless its connection has ended by then. */
  run(connection: Ending, work: () => void): void;
  /** Runs the held work, in turns. */
  open(): void;
}

interface Ending {
  once(event: 'close', ended: () => void): unknown;
  off(event: 'close', ended: () => void): unknown;
}

interface Held {
  readonly connection: Ending;
  readonly ended: () => void;
}

export function createGate(turns: Turns): Gate {
  const held = new Map<() => void, Held>();
  let isOpen = false;
  return {
    run: (connection, work) => {
      if (isOpen) return work();
      // Whoever bounds the connections bounds what is held as well.
      const ended = (): void => void held.delete(work);
      held.set(work, { connection, ended });
      connection.once('close', ended);
    },
    open: () => {
      isOpen = true;
      for (const [work, { connection, ended }] of held) {
        connection.off('close', ended);
        turns.run(work);
      }
      held.clear();
    },
  };
}
