/** Time and randomness, which tests replace. */
export interface Clock {
  /**
   * The wall clock's time for people, RFC 3339. The agent decides nothing by it, because it may
   * jump.
   */
  now(): string;
  /** Milliseconds of a monotonic clock, for durations. */
  elapsed(): number;
  /** Runs once after that many milliseconds of real time; returns a function that cancels it. */
  after(milliseconds: number, run: () => void): () => void;
  /** At least 0, less than 1. */
  random(): number;
}
