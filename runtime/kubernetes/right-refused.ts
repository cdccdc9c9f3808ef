import { AppError } from '../errors.ts';

/** The API server knows this agent's user, and refuses it a right, which the message names. Giving the right helps. */
export class RightRefused extends AppError {
  constructor(message: string, cause: unknown) {
    super('datastore-failed', message, { cause, retryable: true });
  }
}
