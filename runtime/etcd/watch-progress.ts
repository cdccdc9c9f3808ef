/** How far each range of a watch was seen. */
export class Progress {
  /** Events may be missing: the beginning, or history that the server has compacted. */
  isIncomplete = true;
  readonly #next: (string | undefined)[];

  constructor(ranges: number) {
    this.#next = Array.from({ length: ranges }, () => undefined);
  }

  next(range: number): string | undefined {
    return this.#next[range];
  }

  seen(range: number, revision: string): void {
    this.#next[range] = String(BigInt(revision) + 1n);
  }

  lost(): void {
    this.isIncomplete = true;
    this.#next.fill(undefined);
  }
}
