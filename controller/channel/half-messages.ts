/**
 * Messages that have begun and not ended lie in memory until their last byte. Of all connections
 * together they may take so much; beyond that the connection with the most of it is cut off.
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
      // Before the messages in it are taken out again.
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

/** Of a masked frame with so much in it: RFC 6455, 5.2. */
function frameBytes(length: number): number {
  return length + 6 + lengthBytes(length);
}

function lengthBytes(length: number): number {
  if (length < 126) return 0;
  return length < 65_536 ? 2 : 8;
}
