import { AppError } from '../../runtime/errors.ts';

/** The error with which it fails; anything but an AppError is a failure of the test. */
export async function failure(promise: Promise<unknown>): Promise<AppError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}
