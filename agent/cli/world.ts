import type { RevisionSummary } from '../app/agent.ts';

/** 0: done. 1: failed. 2: refused input, or wrong usage. */
export type ExitStatus = 0 | 1 | 2;

/** What commands need of the process; handed in, so that tests run commands without one. */
export interface CliWorld {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  /** Who runs the command, for the history: `<user>@<host>`. */
  readonly by: string;
  /** Runs the daemon until it is stopped. */
  runAgent(settings: RunSettings): Promise<ExitStatus>;
  /** The history as it lies on disk, for when the daemon is dead. */
  readHistory(stateDirectory: string): Promise<readonly RevisionSummary[]>;
}

export interface RunSettings {
  /** Path of agent.yaml; absent: the usual one. */
  readonly config?: string;
}

/** Makes a commander action of a function that ends with an exit status. */
export type Ending = <A extends unknown[]>(
  run: (...args: A) => Promise<ExitStatus>,
) => (...args: A) => Promise<void>;
