import { AppError } from '../../../runtime/errors.ts';

/**
 * Asks controllers that share a store one after the other, until one of them answers.
 * @param controllers at least one
 * @throws AppError of the first refusal; where none of them answered, a retryable one if there is one
 */
export async function askInTurn<T>(
  controllers: readonly string[],
  ask: (controller: string) => Promise<T>,
): Promise<T> {
  let failure: AppError | undefined;
  for (const controller of controllers) {
    try {
      return await ask(controller);
    } catch (error) {
      if (!mayOthersAnswer(error)) throw error;
      if (failure?.retryable !== true) failure = error;
    }
  }
  throw failure ?? new AppError('usage', 'cannot ask a controller: no address is given');
}

/**
 * A controller that does not answer, is busy, or is not recognised says nothing for the others. A
 * refusal holds for all of them, and so does a limit of attempts.
 */
function mayOthersAnswer(error: unknown): error is AppError {
  if (!(error instanceof AppError) || error.code === 'too-many-requests') return false;
  // Not retryable: this machine does not trust the certificate.
  return error.retryable || error.code === 'not-ready';
}
