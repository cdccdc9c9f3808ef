/** A budget of bytes that may be held at the same time. */
export interface ByteBudget {
  /** Takes so many bytes, or none if there are not enough. */
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
