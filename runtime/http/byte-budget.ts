/** Bytes that may be held at once, whoever holds them. */
export interface ByteBudget {
  /** Takes so many, or none where they are not there. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

export function createByteBudget(most: number): ByteBudget {
  let free = most;
  return {
    take: (bytes) => {
      if (bytes > free) return false;
      free -= bytes;
      return true;
    },
    give: (bytes) => {
      free += bytes;
    },
  };
}
