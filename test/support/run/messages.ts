/** What the process of `npm test` and the processes that run its files say to each other. */
import type { Need } from '../skips/needs.cjs';

/** From a process that runs tests: it has run the file that it was given. */
export interface FileReport {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
  /** Skipped, and nobody said what this machine lacks. */
  readonly unexplained: readonly string[];
  readonly needs: readonly Need[];
  /** What mocha's spec reporter prints about its tests. */
  readonly text: string;
  /** Of the process, after the file. */
  readonly residentMb: number;
  /** The failures in full; empty: none. */
  readonly failures: string;
}

/** To such a process: the file to run, or to end the tests that run as soon as one of them ends. */
export type Order = { readonly run: string } | 'abort';

/** What it is started with, as JSON in its only argument. */
export interface WorkerOptions {
  readonly grep?: string;
  readonly fgrep?: string;
  readonly color: boolean;
}
