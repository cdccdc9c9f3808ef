import type { HistoryNow, SeenHistory, SeenWrite } from './history.ts';
import { isEarlier } from './keys.ts';

/** The position up to which each range of a watch was read, and in which history. */
export class Progress {
  /** Events may be missing: the beginning, or history that the server has compacted or lost. */
  isIncomplete = true;
  #history: SeenHistory | undefined;
  readonly #next: (string | undefined)[];

  constructor(ranges: number) {
    this.#next = Array.from({ length: ranges }, () => undefined);
  }

  /** The known history; undefined: nothing was read, or it does not count any more. */
  get history(): SeenHistory | undefined {
    return this.#history;
  }

  next(range: number): string | undefined {
    return this.#next[range];
  }

  seen(range: number, revision: string): void {
    this.#next[range] = String(BigInt(revision) + 1n);
  }

  /** @param write the newest write that came with it */
  heard({ clusterId, revision }: HistoryNow, write: SeenWrite | undefined): void {
    const before = this.#history;
    const known = write ?? before?.write;
    // Answers of two watches of a stream may overtake each other.
    const newest = before !== undefined && isEarlier(revision, before.revision);
    this.#history = {
      clusterId,
      revision: newest ? before.revision : revision,
      ...(known !== undefined && { write: known }),
    };
  }

  lost(): void {
    this.isIncomplete = true;
    this.#history = undefined;
    this.#next.fill(undefined);
  }
}
