/** Items that arrived and were not taken yet, in their order. */
export interface Inbox<T> {
  add(item: T): void;
  /** The oldest one. @throws TooLate with this text if none comes */
  next(withinMs: number, otherwise: string): Promise<T>;
}

/** Nothing came in time. */
export class TooLate extends Error {}

export function createInbox<T>(): Inbox<T> {
  const items: T[] = [];
  let wake = (): void => undefined;
  return {
    add: (item) => {
      items.push(item);
      wake();
    },
    next: async (withinMs, otherwise) => {
      const deadline = performance.now() + withinMs;
      for (;;) {
        const [item] = items.splice(0, 1);
        if (item !== undefined) return item;
        const leftMs = deadline - performance.now();
        if (leftMs <= 0) throw new TooLate(otherwise);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, leftMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    },
  };
}
