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
  const pending = new Map<WebSocket, number>();
  let total = 0;
  const add = (webSocket: WebSocket, bytes: number): void => {
    const before = pending.get(webSocket) ?? 0;
    const after = Math.max(before + bytes, 0);
    pending.set(webSocket, after);
    total += after - before;
  };
  const cutLargest = (): void => {
    const [largest] = [...pending].toSorted(([, one], [, other]) => other - one);
    if (largest === undefined) return;
    const [webSocket, bytes] = largest;
    pending.delete(webSocket);
    total -= bytes;
    cut(webSocket);
  };
  return {
    watch: (webSocket, socket) => {
      pending.set(webSocket, 0);
      const ended = (data: unknown): void => {
        if (Buffer.isBuffer(data) && pending.has(webSocket)) {
          add(webSocket, -frameBytes(data.length));
        }
      };
      // Runs before the complete messages are read out of the data.
      socket.prependListener('data', (chunk: Buffer) => {
        if (!pending.has(webSocket)) return;
        add(webSocket, chunk.length);
        if (total > mostBytes) cutLargest();
      });
      webSocket.on('message', ended);
      webSocket.on('ping', ended);
      webSocket.on('pong', ended);
      webSocket.once('close', () => {
        total -= pending.get(webSocket) ?? 0;
        pending.delete(webSocket);
      });
    },
  };
}

/** Size of a masked frame with this content: RFC 6455, 5.2. */
function frameBytes(length: number): number {
  return length + 6 + lengthBytes(length);
}

function lengthBytes(length: number): number {
  if (length < 126) return 0;
  return length < 65_536 ? 2 : 8;
}
