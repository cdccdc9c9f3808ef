/** Watches something until it is so, asking again with pauses that differ from agent to agent. */
export interface Waiting {
  pause(milliseconds: number): Promise<void>;
  /** In ms. */
  monotonic(): number;
  /** At least 0, less than 1. */
  random(): number;
}

const pauseMs = 2000;

/**
 * Asks until the answer is undefined. Returns the last answer where that was not so in time: why it still
 * waits. A failed question counts as an answer, because an API server may be away while it is restarted.
 */
export async function waitUntil(
  { pause, monotonic, random }: Waiting,
  withinSeconds: number,
  ask: () => Promise<string | undefined>,
): Promise<string | undefined> {
  const endsAt = monotonic() + withinSeconds * 1000;
  for (;;) {
    const why = await ask();
    if (why === undefined) return undefined;
    const leftMs = endsAt - monotonic();
    if (leftMs <= 0) return why;
    await pause(Math.min(leftMs, pauseMs * (0.5 + random())));
  }
}
