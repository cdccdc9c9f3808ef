/** The limits of one task. */
export interface TaskLimits {
  /** CPU time, which does not count while a busy machine does other work. */
  readonly cpuSeconds: number;
  /** Elapsed time, also while the task only waits. */
  readonly seconds: number;
  /** V8's heap. 2^20 bytes each. */
  readonly heapMb: number;
  /** All memory of the process. */
  readonly residentMb: number;
  /** The result, as text. */
  readonly resultMb: number;
}

export type Limit =
  | { readonly limit: 'time'; readonly seconds: number }
  | { readonly limit: 'memory' | 'result'; readonly mb: number };

/** The tasks that a program serves, with the input and output of each, as JSON. */
export type TaskTypes<Types> = Readonly<
  Record<keyof Types, { readonly input: unknown; readonly output: unknown }>
>;

/** Why a task has no result. */
export type TaskFailure = (
  | ({ readonly kind: 'limit'; readonly detail?: string } & Limit)
  /** An exception of the task; the process goes on. */
  | { readonly kind: 'fault'; readonly detail: string }
  /** The process ended by itself, or somebody else ended it. */
  | { readonly kind: 'ended'; readonly detail: string }
  | { readonly kind: 'not-started'; readonly detail: string }
  /** The result is needed no more. */
  | { readonly kind: 'called-off' }
) & {
  /** The phase of the task. */
  readonly phase?: string;
};

export class TaskError extends Error {
  readonly failure: TaskFailure;

  constructor(failure: TaskFailure) {
    super(`a task failed: ${failure.kind}`);
    this.name = 'TaskError';
    this.failure = failure;
  }
}
