/** The messages between the process of `npm test` and the processes that run its files. */
import type { Need } from '../skips/needs.cjs';

/** From a process that runs tests, after it has run its file. */
export interface FileReport {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
  /** Skipped, without a message about what this machine lacks. */
  readonly unexplained: readonly string[];
  readonly needs: readonly Need[];
  /** The output of mocha's spec reporter about its tests. */
  readonly text: string;
  /** The memory of the process after the file. */
  readonly residentMb: number;
  /** The failures in full; empty: none. */
  readonly failures: string;
}

/** To such a process: the file to run, or to end the tests that run as soon as one of them ends. */
export type Order = { readonly run: string } | 'abort';

/** Its start settings, as JSON in its only argument. */
export interface WorkerOptions {
  readonly grep?: string;
  readonly fgrep?: string;
  readonly color: boolean;
}
