import { AppError } from '../errors.ts';
import type { TaskFailure } from './limits.ts';

/**
 * The error for a task without a result.
 * @param what `check the configuration`
 */
export function failureError(what: string, failure: TaskFailure): AppError {
  const { code, reason } = meaningOf(failure);
  const where = failure.phase === undefined ? '' : `; it was ${failure.phase}`;
  // The same text may pass on a machine that is less busy, or after an upgrade.
  return new AppError(code, `cannot ${what}: ${reason}${where}`, { retryable: true });
}

function meaningOf(failure: TaskFailure): {
  readonly code: 'limit-reached' | 'not-ready' | 'internal';
  readonly reason: string;
} {
  switch (failure.kind) {
    case 'limit':
      return { code: 'limit-reached', reason: `it needs ${limitText(failure)}` };
    case 'called-off':
      return { code: 'not-ready', reason: 'the result is needed no more' };
    case 'not-started':
      return { code: 'not-ready', reason: 'no process can be started for it' };
    case 'ended':
      return { code: 'internal', reason: 'its process ended; the log says more' };
    case 'fault':
      return { code: 'internal', reason: 'the program met an unexpected error; its log says more' };
  }
}

function limitText(failure: Extract<TaskFailure, { readonly kind: 'limit' }>): string {
  return failure.limit === 'time'
    ? `more than ${String(failure.seconds)} s`
    : `more than ${String(failure.mb)} MB of memory`;
}

export function isWorthLogging({ kind }: TaskFailure): boolean {
  return kind !== 'called-off';
}
