/**
 * The WebSocket of an agent. It tells a watcher, which all agents share, what arrived: beside the listeners of the
 * connection, further ones would need an array for each event of each agent.
 */
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';

export interface SocketWatcher {
  /** A message, ping or pong has arrived completely. @param bytes of its content */
  arrived(socket: AgentSocket, bytes: number): void;
  closed(socket: AgentSocket): void;
}

export class AgentSocket extends WebSocket {
  /** Undefined: nobody watches it yet, or any more. */
  watcher: SocketWatcher | undefined = undefined;
  /** Bytes that have arrived of its incomplete message. */
  halfBytes = 0;

  /** The watcher comes before all listeners. */
  override emit(event: string | symbol, ...values: unknown[]): boolean {
    if (event === 'message' || event === 'ping' || event === 'pong') {
      const [data] = values;
      if (Buffer.isBuffer(data)) this.watcher?.arrived(this, data.length);
    } else if (event === 'close') this.watcher?.closed(this);
    return super.emit(event, ...values);
  }

  /** Takes a text message that was read beside ws, whose bytes the watcher has not seen. */
  take(content: Buffer): void {
    super.emit('message', content, false);
  }
}

/** Where a stream names the WebSocket above it, so that all streams share their functions. */
export const above = Symbol('above');

export type StreamBelow = Duplex & { [above]?: AgentSocket };
