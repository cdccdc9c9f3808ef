/**
 * Calls that come while one runs get its answer: whoever may only look cannot have the whole
 * cluster read many times at once.
 */
export function joined<T>(run: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  };
}
