/** Time and chance, so that tests decide them. */
export interface Clock {
  /** For people to read, RFC 3339. Nothing is decided by it: the wall clock jumps. */
  now(): string;
  /** Milliseconds since some moment, never back: for how long ago something was. */
  elapsed(): number;
  /** Runs once after that many milliseconds of real time; returns how to call it off. */
  after(milliseconds: number, run: () => void): () => void;
  /** At least 0, less than 1. */
  random(): number;
}
