/** Work that is done one after the other, such as changes of revisions. */
export interface Turns {
  /** Begins the work when all that came before has ended, also where that failed. */
  readonly take: <T>(work: () => Promise<T>) => Promise<T>;
  /** Resolves when the work until now has ended. */
  readonly ended: () => Promise<void>;
}

export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return {
    take: (work) => {
      const turn = last.then(work);
      last = turn.catch(() => undefined);
      return turn;
    },
    ended: async () => {
      await last;
    },
  };
}
