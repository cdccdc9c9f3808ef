/** The memory that one reading of a datastore may hold, for all its lists together. */
import { AppError } from '../errors.ts';

const mib = 1024 * 1024;
const usualMost = 48 * mib;

/** Bytes for a reading of the whole cluster, which is held only until one request is answered. */
export const passingReading = 64 * mib;

export class ReadingBudget {
  readonly #most: number;
  readonly #whole: ReadingBudget | undefined;
  #taken = 0;

  /** @param most bytes */
  constructor(most = usualMost, whole?: ReadingBudget) {
    this.#most = most;
    this.#whole = whole;
  }

  /** For one of several lists, which may be given up and read again. */
  part(): ReadingBudget {
    return new ReadingBudget(this.#most, this);
  }

  /** @throws AppError datastore-failed where there is more; it ends when the objects are gone */
  take(bytes: number): void {
    this.#taken += bytes;
    this.#whole?.take(bytes);
    if (this.#taken <= this.#most) return;
    const most = String(Math.floor(this.#most / mib));
    const message = `cannot read the datastore: its objects take more than ${most} MiB of memory together; search for objects with very large annotations or very many labels`;
    throw new AppError('datastore-failed', message, { retryable: true });
  }

  /** Gives back what was taken: the objects are not held any more. */
  giveBack(): void {
    this.#whole?.take(-this.#taken);
    this.#taken = 0;
  }
}
