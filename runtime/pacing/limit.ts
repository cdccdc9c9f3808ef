/** Limits the pieces of work that run at the same time. */
export interface Limit {
  /** Runs the work when there is room for it; waiting work runs in its order. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** True where further work would wait. */
  isFull(): boolean;
}

export function createLimit(count: number): Limit {
  let free = count;
  const waiting: (() => void)[] = [];
  const take = async (): Promise<void> => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => void waiting.push(resolve));
  };
  /** Gives the place directly to the next in line, so that later work cannot take it. */
  const give = (): void => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return {
    isFull: () => free === 0,
    run: async (work) => {
      await take();
      try {
        return await work();
      } finally {
        give();
      }
    },
  };
}

/**
 * Does the work for each item, at most `count` at the same time. After the first failure no further
 * item begins; running ones are awaited. @throws the first failure
 */
export async function forEachAtMost<T>(
  count: number,
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const limit = createLimit(count);
  const failures: unknown[] = [];
  const workUnlessFailed = async (item: T): Promise<void> => {
    if (failures.length > 0) return;
    await work(item).catch((error: unknown) => failures.push(error));
  };
  await Promise.all(items.map((item) => limit.run(() => workUnlessFailed(item))));
  if (failures.length > 0) throw failures[0];
}
