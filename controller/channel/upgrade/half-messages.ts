/**
 * Bounds the memory for incomplete messages of all connections together. Beyond the limit, the
 * connection with the most of it is cut off.
 */
import type { Duplex } from 'node:stream';
import { above, type AgentSocket, type SocketWatcher, type StreamBelow } from './agent-socket.ts';
import { takeWholeMessages } from './whole-messages.ts';

export interface HalfMessages {
  /** @param stream below the WebSocket, of which nothing was read yet */
  watch(socket: AgentSocket, stream: Duplex): void;
}

export function createHalfMessages(
  mostBytes: number,
  cut: (largest: AgentSocket) => void,
): HalfMessages {
  const watched = new Set<AgentSocket>();
  let total = 0;
  const add = (socket: AgentSocket, bytes: number): void => {
    const after = Math.max(socket.halfBytes + bytes, 0);
    total += after - socket.halfBytes;
    socket.halfBytes = after;
  };
  const forget = (socket: AgentSocket): void => {
    if (!watched.delete(socket)) return;
    total -= socket.halfBytes;
    socket.watcher = undefined;
  };
  const cutLargest = (): void => {
    const [largest] = [...watched].toSorted((one, other) => other.halfBytes - one.halfBytes);
    if (largest === undefined) return;
    forget(largest);
    cut(largest);
  };
  const watcher: SocketWatcher = {
    arrived: (socket, bytes) => add(socket, -frameBytes(bytes)),
    closed: forget,
  };
  // All streams share this listener.
  function received(this: StreamBelow, chunk: Buffer): void {
    const socket = this[above];
    if (socket?.watcher === undefined) return;
    add(socket, chunk.length);
    if (total > mostBytes) cutLargest();
  }
  return {
    watch: (socket, stream) => {
      watched.add(socket);
      socket.watcher = watcher;
      const below: StreamBelow = stream;
      below[above] = socket;
      // Runs before the complete messages are read out of the data.
      stream.prependListener('data', received);
      takeWholeMessages(stream);
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
