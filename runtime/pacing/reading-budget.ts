/**
 * What one reading of a datastore may hold in memory, all its lists together. The unit of the agent has
 * 320 MiB for the daemon and the process in which it decides.
 */
import { AppError } from '../errors.ts';

const mib = 1024 * 1024;

export class ReadingBudget {
  readonly #most: number;
  #left: number;

  /** @param most bytes */
  constructor(most = 64 * mib) {
    this.#most = most;
    this.#left = most;
  }

  /** @throws AppError datastore-failed where there is more; it ends when the objects are gone */
  take(bytes: number): void {
    this.#left -= bytes;
    if (this.#left >= 0) return;
    const most = String(Math.floor(this.#most / mib));
    const message = `cannot read the datastore: its objects take more than ${most} MiB of memory together; search for objects with very large annotations or very many labels`;
    throw new AppError('datastore-failed', message, { retryable: true });
  }
}
