import { smallParts } from './small-writes.ts';

/** A text frame that many sockets share. */
export interface TextFrame {
  readonly whole: Buffer;
  /** Within it. */
  readonly content: Buffer;
  /** The whole frame, for encrypted connections. */
  readonly parts: readonly Buffer[];
}

/** A whole text frame of a server, which masks nothing: RFC 6455, 5.2. */
export function textFrame(text: string): TextFrame {
  const length = Buffer.byteLength(text);
  const head = headOf(length);
  const whole = Buffer.allocUnsafeSlow(head.length + length);
  head.copy(whole);
  whole.write(text, head.length);
  return { whole, content: whole.subarray(head.length), parts: smallParts(whole) };
}

/** FIN and the opcode of text. */
const first = 0x81;

function headOf(length: number): Buffer {
  if (length < 126) return Buffer.from([first, length]);
  if (length < 65_536) return Buffer.from([first, 126, length >> 8, length & 0xff]);
  const head = Buffer.alloc(10);
  head.writeUInt8(first);
  head.writeUInt8(127, 1);
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}
