/**
 * The memory that one reading of a datastore may use, for all its lists together. With the unit's
 * 320 MiB V8 takes 259 MiB for its heap, and the previous reading is still held during the next
 * one.
 */
import { AppError } from '../errors.ts';

const mib = 1024 * 1024;
const usualMost = 48 * mib;

/** Bytes for a reading of which only a small part is kept at its end. */
export const passingReading = 64 * mib;

export class ReadingBudget {
  readonly #most: number;
  #left: number;

  /** @param most bytes */
  constructor(most = usualMost) {
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
