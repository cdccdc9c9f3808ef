/** Counts items, and keeps the first ones of an order, without sorting all of them. */
export interface Leading<T> {
  add(item: T): void;
  readonly count: number;
  /** The first ones, in their order. */
  readonly first: readonly T[];
}

/** @param compare a total order; of equal items the earlier one stays first */
export function leading<T>(most: number, compare: (one: T, other: T) => number): Leading<T> {
  const first: T[] = [];
  let count = 0;
  return {
    add: (item) => {
      count += 1;
      const last = first.at(-1);
      if (first.length === most && last !== undefined && compare(item, last) >= 0) return;
      const at = first.findLastIndex((one) => compare(one, item) <= 0) + 1;
      first.splice(at, 0, item);
      if (first.length > most) first.pop();
    },
    get count() {
      return count;
    },
    first,
  };
}
