/**
 * Calls back once for many events that come close together: soon after the last of them, so that nothing is
 * waited for after a burst, and in any case some time after the first.
 */
export interface QuietTimer {
  /** An event came. */
  touch(): void;
  /** Calls back after this time, whatever comes; nothing where a call is due already. */
  dueIn(ms: number): void;
  isDue(): boolean;
  /** The caller has taken up all events until now: no call is due any more. */
  taken(): void;
}

export interface QuietTimes {
  /** From the first event to the call, at most. */
  readonly longestMs: number;
  /** A call comes when there was no event for about this long. */
  readonly quietMs: number;
  /** From one call to the next, at least: single events that follow each other are not a call each. */
  readonly apartMs: number;
}

/** @param call calls `taken` itself */
export function quietTimer(
  { longestMs, quietMs, apartMs }: QuietTimes,
  call: () => void,
): QuietTimer {
  let timer: NodeJS.Timeout | undefined;
  let firstMs = 0;
  let takenMs = -Infinity;
  /** Events since the last call, and how many they were at the last look. */
  let events = 0;
  let seen = 0;
  const lookIn = (ms: number): void => {
    seen = events;
    timer = setTimeout(look, ms);
  };
  const look = (): void => {
    const leftMs = firstMs + longestMs - performance.now();
    if (events === seen || leftMs <= 0) call();
    else lookIn(Math.min(quietMs, leftMs));
  };
  return {
    touch: () => {
      events += 1;
      if (timer !== undefined) return;
      firstMs = performance.now();
      lookIn(Math.max(quietMs, takenMs + apartMs - firstMs));
    },
    dueIn: (ms) => {
      timer ??= setTimeout(call, ms);
    },
    isDue: () => timer !== undefined,
    taken: () => {
      clearTimeout(timer);
      timer = undefined;
      events = 0;
      takenMs = performance.now();
    },
  };
}
