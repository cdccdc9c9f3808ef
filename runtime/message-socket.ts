/** A WebSocket that carries the messages of the control channel, bounded in both directions. */
import type { WebSocket } from 'ws';
import { closeCodes } from '../core/protocol/close.ts';
import {
  parseMessage,
  type ChannelMessage,
  type MessageValidator,
} from '../core/protocol/messages.ts';

export interface MessageSocketEvents {
  readonly message: (message: ChannelMessage) => void;
  /** Something came that is no message. */
  readonly garbage: (reason: string) => void;
  /** A message broke something here. Only this connection is closed; `closed` follows. */
  readonly failed: (error: unknown) => void;
  /** More is on its way out than `highWaterBytes`, or no longer so. */
  readonly congested?: () => void;
  readonly drained?: () => void;
  /** Once, at the end. The reason is the other side's, or what broke the connection. */
  readonly closed: (code: number, reason: string) => void;
}

export interface MessageSocket {
  /** A string, or a whole text frame's content that several sockets share. */
  send(content: string | Buffer): void;
  close(code: number, reason: string): void;
  terminate(): void;
}

/** Beyond this the other side counts as one that does not read. */
const highWaterBytes = 256 * 1024;
/** Beyond this it is cut off at once. One configuration and a status may wait, not more of them. */
const limitBytes = 8 * 1024 * 1024;

export function messageSocket(
  socket: WebSocket,
  isMessage: MessageValidator,
  events: MessageSocketEvents,
): MessageSocket {
  let failure: string | undefined;
  let congested = false;

  const sent = (): void => {
    if (!congested || socket.bufferedAmount > highWaterBytes / 2) return;
    congested = false;
    events.drained?.();
  };
  const take = (data: unknown, isBinary: boolean): void => {
    if (isBinary || !Buffer.isBuffer(data)) return events.garbage('the message is not text');
    const parsed = parseMessage(data.toString('utf8'), isMessage);
    if (parsed.ok) events.message(parsed.message);
    else events.garbage(parsed.reason);
  };
  const close = (code: number, reason: string): void => {
    // What still comes is not wanted; the close frame of the other side is.
    socket.removeAllListeners('message');
    socket.close(code, reason);
  };
  socket.on('message', (data, isBinary) => {
    try {
      take(data, isBinary);
    } catch (error) {
      // Thrown on from here it would end the whole daemon.
      failure ??= 'a message could not be handled';
      close(closeCodes.internalError, 'a message could not be handled');
      events.failed(error);
    }
  });
  socket.on('error', (error) => {
    failure = error.message;
  });
  socket.once('close', (code, reason) => {
    events.closed(code, failure ?? reason.toString('utf8'));
  });

  return {
    send: (content) => {
      if (socket.readyState !== socket.OPEN) return;
      socket.send(content, { binary: false }, sent);
      if (socket.bufferedAmount > limitBytes) return socket.terminate();
      if (congested || socket.bufferedAmount <= highWaterBytes) return;
      congested = true;
      events.congested?.();
    },
    close,
    terminate: () => socket.terminate(),
  };
}
