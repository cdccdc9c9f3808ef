/**
 * Bounds the memory for incomplete messages of all connections together. Beyond the limit, the
 * connection with the most of it is cut off.
 */
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

export interface HalfMessages {
  watch(webSocket: WebSocket, socket: Duplex): void;
}

export function createHalfMessages(
  mostBytes: number,
  cut: (largest: WebSocket) => void,
): HalfMessages {
  const pending = new Map<WebSocket, Half>();
  let total = 0;
  const add = (half: Half, bytes: number): void => {
    const after = Math.max(half.bytes + bytes, 0);
    total += after - half.bytes;
    half.bytes = after;
  };
  const cutLargest = (): void => {
    const [largest] = [...pending].toSorted(([, one], [, other]) => other.bytes - one.bytes);
    if (largest === undefined) return;
    const [webSocket, half] = largest;
    pending.delete(webSocket);
    total -= half.bytes;
    cut(webSocket);
  };
  // All sockets share these listeners.
  function ended(this: WebSocket, data: unknown): void {
    const half = pending.get(this);
    if (half !== undefined && Buffer.isBuffer(data)) add(half, -frameBytes(data.length));
  }
  function closed(this: WebSocket): void {
    total -= pending.get(this)?.bytes ?? 0;
    pending.delete(this);
  }
  return {
    watch: (webSocket, socket) => {
      const half = { bytes: 0 };
      pending.set(webSocket, half);
      // Runs before the complete messages are read out of the data.
      socket.prependListener('data', (chunk: Buffer) => {
        if (!pending.has(webSocket)) return;
        add(half, chunk.length);
        if (total > mostBytes) cutLargest();
      });
      webSocket.on('message', ended);
      webSocket.on('ping', ended);
      webSocket.on('pong', ended);
      webSocket.on('close', closed);
    },
  };
}

interface Half {
  bytes: number;
}

/** Size of a masked frame with this content: RFC 6455, 5.2. */
function frameBytes(length: number): number {
  return length + 6 + lengthBytes(length);
}

function lengthBytes(length: number): number {
  if (length < 126) return 0;
  return length < 65_536 ? 2 : 8;
}
