/**
 * Gathers a text whose bytes come in pieces of any size, in one buffer. A list of the pieces would
 * cost some 100 bytes for each of them, so a server that sends single bytes would fill the memory
 * before the limit of bytes is reached.
 */
const leastBytes = 1024;
/** A larger buffer is given back when the text has ended. */
const mostKeptBytes = 64 * 1024;
const none = Buffer.alloc(0);

export class GatheredBytes {
  #buffer = none;
  #length = 0;

  /** In bytes. */
  get length(): number {
    return this.#length;
  }

  /** The bytes of memory that it holds. */
  get heldBytes(): number {
    return this.#buffer.length;
  }

  /** Copies the piece. */
  add(piece: Uint8Array): void {
    const needed = this.#length + piece.length;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(leastBytes, 2 * this.#buffer.length, needed));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    this.#buffer.set(piece, this.#length);
    this.#length = needed;
  }

  /** What was gathered, as UTF-8. */
  text(): string {
    return this.#buffer.toString('utf8', 0, this.#length);
  }

  clear(): void {
    this.#length = 0;
    if (this.#buffer.length > mostKeptBytes) this.#buffer = none;
  }
}
