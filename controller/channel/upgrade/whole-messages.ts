/**
 * Reads a text message that arrives alone and whole without the streams of Node.js and ws. They take it apart into
 * seven buffers, which costs as much as all the rest that happens with an acknowledgement, and those come by the
 * thousand. Everything else goes the usual way.
 */
import { isUtf8 } from 'node:buffer';
import { Duplex } from 'node:stream';
import { above, type AgentSocket, type StreamBelow } from './agent-socket.ts';

/** @param stream below a WebSocket whose incomplete messages are counted from the first byte */
export function takeWholeMessages(stream: Duplex): void {
  stream.push = push;
}

/** Takes the place of the stream's own function, which gets all that arrives. */
function push(this: StreamBelow, chunk: unknown, encoding?: BufferEncoding): boolean {
  const socket = this[above];
  if (socket !== undefined && Buffer.isBuffer(chunk) && isAtBoundary(socket, this)) {
    const content = wholeText(chunk);
    if (content !== undefined) {
      socket.take(content);
      return true;
    }
  }
  return Duplex.prototype.push.call(this, chunk, encoding);
}

/** The stream flows and holds nothing, and ws waits for a new message. */
function isAtBoundary(socket: AgentSocket, stream: StreamBelow): boolean {
  return (
    socket.halfBytes === 0 &&
    socket.watcher !== undefined &&
    socket.readyState === socket.OPEN &&
    stream.readableFlowing === true &&
    stream.readableLength === 0
  );
}

/** FIN and the opcode of text; nothing else is set. */
const first = 0x81;
const maskBytes = 4;

/**
 * @param bytes are unmasked in place, unless the result is undefined
 * @returns the content of the only frame in these bytes, RFC 6455, 5.2; undefined: they are anything else
 */
export function wholeText(bytes: Buffer): Buffer | undefined {
  const [info, second = 0] = bytes;
  const isMasked = second >= 0x80;
  if (info !== first || !isMasked) return undefined;
  const short = second & 0x7f;
  if (short === 127 || bytes.length < 8) return undefined;
  const isLong = short === 126;
  const start = (isLong ? 4 : 2) + maskBytes;
  const length = isLong ? bytes.readUInt16BE(2) : short;
  if (bytes.length !== start + length) return undefined;
  const isAscii = unmask(bytes, start) < 0x80;
  const content = bytes.subarray(start);
  if (isAscii || isUtf8(content)) return content;
  // ws closes the connection with the right code.
  unmask(bytes, start);
  return undefined;
}

/**
 * Twice gives the same bytes again.
 * @returns all bits that are set in any byte of the content
 */
function unmask(bytes: Buffer, start: number): number {
  const mask = start - maskBytes;
  let bits = 0;
  for (let at = start; at < bytes.length; at += 1) {
    const byte = (bytes[at] ?? 0) ^ (bytes[mask + ((at - start) & 3)] ?? 0);
    bytes[at] = byte;
    bits |= byte;
  }
  return bits;
}
