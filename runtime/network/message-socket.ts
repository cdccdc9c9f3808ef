/** A WebSocket that carries the messages of the control channel, bounded in both directions. */
import type { RawData, WebSocket } from 'ws';
import { closeCodes } from '../../core/protocol/close.ts';
import {
  parseMessage,
  parseMessageInParts,
  type ChannelMessage,
  type MessageReader,
  type ParsedMessage,
} from '../../core/protocol/messages.ts';
import { finishInTurns } from '../pacing/in-turns.ts';
import { channelInflow, createInflow } from '../pacing/inflow.ts';
import { atOnce, type Turns } from '../pacing/spread.ts';

export interface MessageSocketEvents {
  readonly message: (message: ChannelMessage) => void;
  /** Something came that is no message. */
  readonly garbage: (reason: string) => void;
  /** A message broke something here. Only this connection is closed; `closed` follows. */
  readonly failed: (error: unknown) => void;
  /**
   * More is on its way out than `highWaterBytes`, or no longer so. Meanwhile nothing is read: else
   * the pings of a side that does not read could fill the memory with pongs.
   */
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
/** Reading more than this takes several turns of the event loop. */
const longBytes = 32 * 1024;

export function messageSocket(
  socket: WebSocket,
  reader: MessageReader,
  events: MessageSocketEvents,
  turns: Turns = atOnce,
): MessageSocket {
  const inflow = createInflow(channelInflow);
  let failure: string | undefined;
  let congested = false;
  /** Messages that came and wait for their turn; the first one may be read right now. */
  const waiting: Received[] = [];
  let isReading = false;
  let isClosing = false;

  const pauseOrResume = (): void => {
    // What comes at the end is thrown away, up to the other side's close frame.
    if (!isClosing && (congested || waiting.length > 0)) socket.pause();
    else socket.resume();
  };
  const sent = (): void => {
    if (!congested || socket.bufferedAmount > highWaterBytes / 2) return;
    congested = false;
    pauseOrResume();
    events.drained?.();
  };
  const close = (code: number, reason: string): void => {
    // What still comes is not wanted; the close frame of the other side is.
    isClosing = true;
    socket.close(code, reason);
    // Pending data of one that does not read would keep the close frame back for good.
    pauseOrResume();
  };
  const handle = (parsed: ParsedMessage): void => {
    waiting.shift();
    if (isClosing) return;
    try {
      if (parsed.ok) events.message(parsed.message);
      else events.garbage(parsed.reason);
    } catch (error) {
      // Thrown on from here it would end the whole daemon.
      failure ??= 'a message could not be handled';
      close(closeCodes.internalError, 'a message could not be handled');
      events.failed(error);
    }
    pauseOrResume();
  };
  const readLong = async (text: string): Promise<void> => {
    isReading = true;
    const parsed = await finishInTurns(parseMessageInParts(text, reader));
    isReading = false;
    handle(parsed);
    for (const _one of waiting.slice()) turns.run(handleNext);
  };
  /** Each message brings one turn; while a long one is read, those behind it wait for its end. */
  const handleNext = (): void => {
    const [next] = waiting;
    if (next === undefined || isReading) return;
    const { data, isBinary } = next;
    if (isBinary || !Buffer.isBuffer(data)) {
      return handle({ ok: false, reason: 'the message is not text' });
    }
    const text = data.toString('utf8');
    if (data.length > longBytes) void readLong(text);
    else handle(parseMessage(text, reader));
  };
  /** False where the other side sends too much; then it is hung up on. */
  const admits = (bytes: number): boolean => {
    if (isClosing) return false;
    if (inflow.take(bytes, performance.now())) return true;
    failure ??= 'it sends too much';
    close(closeCodes.tooMuch, 'too many messages');
    return false;
  };
  socket.on('message', (data, isBinary) => {
    if (!admits(lengthOf(data))) return;
    waiting.push({ data, isBinary });
    turns.run(handleNext);
    if (waiting.length > 0) pauseOrResume();
  });
  // Of the WebSocket itself. ws would answer each, also one that does not read the answers.
  socket.on('ping', (data) => {
    if (admits(data.length) && !congested) socket.pong(data);
  });
  socket.on('pong', (data) => void admits(data.length));
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
      pauseOrResume();
      events.congested?.();
    },
    close,
    terminate: () => socket.terminate(),
  };
}

interface Received {
  readonly data: RawData;
  readonly isBinary: boolean;
}

function lengthOf(data: RawData): number {
  return Buffer.isBuffer(data) ? data.length : 0;
}
