/**
 * Cuts a Kubernetes list into its items while its bytes arrive, so that the list is never in memory as a
 * whole: a server without pages sends all objects of a kind in one answer.
 */
import { isClosing, isOpening, quote } from '../../core/input/json-scan.ts';
import { GatheredBytes } from '../gathered-bytes.ts';

const backslash = 92;
const comma = 44;
const openingOfList = 91;
/** The key of the items at the end of what comes before them. */
const itemsKey = /[{,]\s*"items"\s*:\s*$/;
/** Characters in which the key has to be. */
const tailLength = 64;

export interface CutterLimits {
  /** Bytes of one item, and of all that is around the items. */
  readonly maxItemBytes: number;
}

/** Checks only brackets and strings; the reader of the texts checks the rest. */
export class ItemCutter {
  readonly #limits: CutterLimits;
  readonly #around = new GatheredBytes();
  readonly #item = new GatheredBytes();
  #tail = '';
  #depth = 0;
  #isInString = false;
  /** Backslashes at the end of what was read of the string. */
  #backslashes = 0;
  #isInItems = false;
  /** A comma came, so another item has to follow. */
  #isAfterComma = false;

  constructor(limits: CutterLimits) {
    this.#limits = limits;
  }

  /** True: an item, or what is around the items, is larger than the limit. */
  get isTooLarge(): boolean {
    return Math.max(this.#item.length, this.#around.length) > this.#limits.maxItemBytes;
  }

  /** The texts of the items that end in this chunk. */
  cut(chunk: Buffer): readonly string[] {
    const items: string[] = [];
    let from = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      if (this.#isInString) {
        at = this.#endOfString(chunk, at);
        continue;
      }
      const code = chunk[at] ?? 0;
      if (code === quote) this.#isInString = true;
      else if (isOpening(code)) {
        this.#depth += 1;
        if (this.#depth !== 2 || code !== openingOfList) continue;
        if (!itemsKey.test(this.#tailWith(chunk.subarray(from, at)))) continue;
        this.#keepAround(chunk.subarray(from, at + 1));
        this.#isInItems = true;
        from = at + 1;
      } else if (isClosing(code)) {
        this.#depth -= 1;
        if (!this.#isInItems || this.#depth !== 1) continue;
        this.#endItem(chunk.subarray(from, at), this.#isAfterComma, items);
        this.#isInItems = false;
        this.#isAfterComma = false;
        from = at;
      } else if (code === comma && this.#isInItems && this.#depth === 2) {
        this.#endItem(chunk.subarray(from, at), true, items);
        this.#isAfterComma = true;
        from = at + 1;
      }
    }
    if (this.#isInItems) this.#item.add(chunk.subarray(from));
    else this.#keepAround(chunk.subarray(from));
    return items;
  }

  /** The text of the list, without its items. */
  around(): string {
    return this.#around.text();
  }

  /** An item that is missing is given as an empty text, which is no JSON. */
  #endItem(rest: Buffer, isNeeded: boolean, items: string[]): void {
    this.#item.add(rest);
    const text = this.#item.text();
    this.#item.clear();
    if (isNeeded || text.trim() !== '') items.push(text);
  }

  #keepAround(piece: Buffer): void {
    this.#tail = this.#tailWith(piece);
    this.#around.add(piece);
  }

  #tailWith(piece: Buffer): string {
    return (this.#tail + piece.subarray(-tailLength).toString('latin1')).slice(-tailLength);
  }

  /** The place of the quote that ends the string; the chunk's length: the string goes on. */
  #endOfString(chunk: Buffer, begin: number): number {
    let start = begin;
    for (;;) {
      const found = chunk.indexOf(quote, start);
      const end = found < 0 ? chunk.length : found;
      let first = end;
      while (first > start && chunk[first - 1] === backslash) first -= 1;
      const before = first === start ? this.#backslashes : 0;
      this.#backslashes = found < 0 ? before + end - first : 0;
      if (found < 0) return end;
      if ((end - first + before) % 2 === 0) {
        this.#isInString = false;
        return end;
      }
      start = end + 1;
    }
  }
}
