/** The streams of a command, handed in so that tests can run commands without a process. */
export interface Terminal {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

/** 0: done. 1: failed. 2: refused input, or wrong usage. 3: something drifted. */
export type ExitStatus = 0 | 1 | 2 | 3;
