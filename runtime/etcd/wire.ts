/**
 * The wire format of protocol buffers, with the parts that etcd's protocol uses: no groups, no
 * floats, no packed lists. Source: protobuf.dev/programming-guides/encoding.
 */

const varint = 0;
const fixed64 = 1;
const delimited = 2;
const fixed32 = 5;

/** Builds a message. A field whose value is undefined is left out. */
export class Writer {
  readonly #chunks: Uint8Array[] = [];

  /** @param value a decimal number: 64 bits are more than a JavaScript number holds */
  int64(id: number, value: string | undefined): this {
    return value === undefined ? this : this.#varint(id, BigInt.asUintN(64, BigInt(value)));
  }

  int(id: number, value: number | undefined): this {
    return value === undefined ? this : this.#varint(id, BigInt(value));
  }

  flag(id: number, value: boolean | undefined): this {
    return value === undefined ? this : this.#varint(id, value ? 1n : 0n);
  }

  text(id: number, value: string | undefined): this {
    return this.bytes(id, value === undefined ? undefined : Buffer.from(value));
  }

  /** Writes bytes, or a message in a message. */
  bytes(id: number, value: Uint8Array | undefined): this {
    if (value === undefined) return this;
    this.#chunks.push(encodeVarint(tagOf(id, delimited)));
    this.#chunks.push(encodeVarint(BigInt(value.length)), value);
    return this;
  }

  list(id: number, values: readonly Uint8Array[]): this {
    for (const value of values) this.bytes(id, value);
    return this;
  }

  finish(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  #varint(id: number, value: bigint): this {
    this.#chunks.push(encodeVarint(tagOf(id, varint)), encodeVarint(value));
    return this;
  }
}

function tagOf(id: number, wireType: number): bigint {
  return BigInt(id * 8 + wireType);
}

function encodeVarint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

/** The fields of a message; an absent one has its type's default. */
export class Fields {
  readonly #numbers = new Map<number, bigint>();
  readonly #texts = new Map<number, Buffer[]>();

  /** @throws RangeError where the bytes are no message */
  constructor(message: Buffer) {
    const cursor = new Cursor(message);
    while (!cursor.isAtEnd) this.#take(cursor);
  }

  /** As a decimal number, with its sign. */
  int64(id: number): string {
    return String(BigInt.asIntN(64, this.#numbers.get(id) ?? 0n));
  }

  uint64(id: number): string {
    return String(this.#numbers.get(id) ?? 0n);
  }

  int(id: number): number {
    return Number(BigInt.asIntN(64, this.#numbers.get(id) ?? 0n));
  }

  flag(id: number): boolean {
    return (this.#numbers.get(id) ?? 0n) !== 0n;
  }

  text(id: number): string {
    return this.#texts.get(id)?.at(-1)?.toString() ?? '';
  }

  /** Undefined: there is no such field. */
  bytes(id: number): Uint8Array | undefined {
    return this.#texts.get(id)?.at(-1);
  }

  texts(id: number): readonly string[] {
    return this.#texts.get(id)?.map(String) ?? [];
  }

  message<T>(id: number, decode: (message: Buffer) => T): T | undefined {
    const last = this.#texts.get(id)?.at(-1);
    return last === undefined ? undefined : decode(last);
  }

  list<T>(id: number, decode: (message: Buffer) => T): T[] {
    return this.#texts.get(id)?.map((message) => decode(message)) ?? [];
  }

  /** Reads a field; ignores one that this version does not know. */
  #take(cursor: Cursor): void {
    const tag = Number(cursor.varint());
    const id = Math.floor(tag / 8);
    switch (tag % 8) {
      case varint:
        this.#numbers.set(id, cursor.varint());
        return;
      case delimited: {
        const bytes = cursor.bytes(Number(cursor.varint()));
        const before = this.#texts.get(id);
        if (before === undefined) this.#texts.set(id, [bytes]);
        else before.push(bytes);
        return;
      }
      case fixed64:
        cursor.bytes(8);
        return;
      case fixed32:
        cursor.bytes(4);
        return;
      default:
        throw new RangeError(`a message has a field of the unknown wire type ${String(tag % 8)}`);
    }
  }
}

const maxVarintBytes = 10;

class Cursor {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): bigint {
    // Numbers of up to four bytes, which most are, need no BigInt.
    let small = 0;
    for (let count = 0; count < 4; count += 1) {
      const byte = this.#byte();
      small |= (byte & 0x7f) << (7 * count);
      if (byte < 0x80) return BigInt(small);
    }
    let value = BigInt(small);
    for (let count = 4; count < maxVarintBytes; count += 1) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << BigInt(7 * count);
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new RangeError('a message has a number of more than 64 bits');
  }

  bytes(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw cutOff();
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw cutOff();
    this.#at += 1;
    return byte;
  }
}

function cutOff(): RangeError {
  return new RangeError('a message ends in the middle of a field');
}
