/** Lets requests wait for the next news, such as an event. */
export interface News {
  /** Wakes all that wait. */
  tell(): void;
  /**
   * Resolves at the next news, at once where it is there already, or when the signal is aborted;
   * never rejects.
   */
  wait(isThere: () => boolean, end: AbortSignal): Promise<void>;
}

export function createNews(): News {
  const waiting = new Set<() => void>();
  return {
    tell: () => {
      for (const wake of [...waiting]) wake();
    },
    wait: (isThere, end) =>
      new Promise((resolve) => {
        const finish = (): void => {
          waiting.delete(finish);
          end.removeEventListener('abort', finish);
          resolve();
        };
        if (end.aborted || isThere()) return resolve();
        waiting.add(finish);
        end.addEventListener('abort', finish, { once: true });
      }),
  };
}
