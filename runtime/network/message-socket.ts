/** A WebSocket that carries the messages of the control channel, bounded in both directions. */
import type { Writable } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { RawData, WebSocket } from 'ws';
import { closeCodes } from '../../core/protocol/close.ts';
import type { ChannelMessage, MessageReader, ParsedMessage } from '../../core/protocol/messages.ts';
import { channelInflow, createInflow } from '../pacing/inflow.ts';
import { atOnce, type Turns } from '../pacing/spread.ts';
import { MessageQueue, type QueueDeps, type QueueReader } from './message-queue.ts';
import { queuedBytes } from './queued-bytes.ts';
import { socketFailure } from './socket-failure.ts';
import { writeParts, writtenBytes } from './small-writes.ts';
import { textFrame, type TextFrame } from './text-frame.ts';

export interface MessageSocketEvents {
  message(message: ChannelMessage): void;
  /** Called for data that is no message. */
  garbage(reason: string): void;
  /** Called for a message of a newer program; absent: such a message is garbage. */
  unknown?(reason: string): void;
  /** Called when handling a message failed. Only this connection is closed; `closed` follows. */
  failed(error: unknown): void;
  /**
   * Called when more than `highWaterBytes` wait to be sent, and when they do not any more.
   * Meanwhile nothing is read, because pings of a side that does not read could fill the memory
   * with pongs.
   */
  congested?(): void;
  drained?(): void;
  /** Called once, at the end, with the other side's reason, or that of the failure. */
  closed(code: number, reason: string): void;
}

export interface MessageSocket {
  /** A text frame's content; as a Buffer several sockets may share it. */
  send(content: string | Buffer): void;
  close(code: number, reason: string): void;
  terminate(): void;
}

/** The server's side of a connection, one of many. */
export interface ServedSocket extends MessageSocket {
  /** Sends a whole frame that was made before, which many sockets share. */
  sendFrame(frame: TextFrame): void;
  /**
   * About what the kernel has not taken yet; 0 unless the other side is congested. It becomes less with each part
   * that the kernel takes as that side reads.
   */
  unsentBytes(): number;
}

/** From here on the other side counts as not reading. */
const highWaterBytes = 256 * 1024;
/**
 * From here on the connection is cut off at once. It has room for one configuration and a status.
 */
const limitBytes = 8 * 1024 * 1024;
/** A longer answer leaves by itself. */
const gatheredBytes = 16 * 1024;

export function messageSocket(
  socket: WebSocket,
  reader: MessageReader,
  events: MessageSocketEvents,
  turns: Turns = atOnce,
): MessageSocket {
  return new BoundedSocket(socket, { reader, turns }, events);
}

/**
 * As messageSocket, at the server: many sockets share the parts.
 * @param stream below the WebSocket, which compresses nothing; frames are written to it as they are
 */
export function servedSocket(
  socket: WebSocket,
  stream: Writable | undefined,
  shared: QueueDeps,
  events: MessageSocketEvents,
): ServedSocket {
  return new BoundedSocket(socket, shared, events, stream);
}

/** A class, because a controller has thousands of them: their functions are shared. */
class BoundedSocket implements ServedSocket, QueueReader {
  readonly #socket: WebSocket;
  readonly #stream: Writable | undefined;
  readonly #events: MessageSocketEvents;
  readonly #queue: MessageQueue;
  readonly #inflow = createInflow(channelInflow);
  #failure: string | undefined;
  #isCongested = false;
  #isPaused = false;
  #isClosing = false;
  /** A message is being handled. */
  #isReading = false;
  #isGathering = false;

  constructor(
    socket: WebSocket,
    shared: QueueDeps,
    events: MessageSocketEvents,
    stream?: Writable,
  ) {
    this.#socket = socket;
    this.#stream = stream;
    this.#events = events;
    this.#queue = new MessageQueue(shared, this);
    const owned: OwnedSocket = socket;
    owned[owner] = this;
    socket.on('message', receivedMessage);
    socket.on('ping', receivedPing);
    socket.on('pong', receivedPong);
    socket.on('error', failed);
    socket.on('close', closed);
  }

  received(data: RawData, isBinary: boolean): void {
    if (!this.#admits(lengthOf(data))) return;
    this.#queue.add({ data, isBinary });
    if (this.#queue.isFull) this.#pauseOrResume();
  }

  /** A ping of the WebSocket protocol. ws would answer each, also for a side that does not read. */
  pinged(data: Buffer): void {
    if (this.#admits(data.length) && !this.#isCongested) this.#socket.pong(data);
  }

  ponged(data: Buffer): void {
    this.#admits(data.length);
  }

  failed(error: Error): void {
    this.#failure = socketFailure(error);
  }

  /** Comes once. */
  closed(code: number, reason: Buffer): void {
    this.#events.closed(code, this.#failure ?? reason.toString('utf8'));
  }

  send(content: string | Buffer): void {
    const socket = this.#socket;
    if (socket.readyState !== socket.OPEN) return;
    if (this.#stream !== undefined && typeof content === 'string') {
      return this.sendFrame(textFrame(content));
    }
    socket.send(content, { binary: false }, () => this.#sent());
    this.#judgeRoom();
  }

  sendFrame({ whole, content, parts }: TextFrame): void {
    const socket = this.#socket;
    if (this.#stream === undefined) return this.send(content);
    if (socket.readyState !== socket.OPEN) return;
    // Nobody has to be told that data has left which did not wait.
    this.#gather(this.#stream, whole.length);
    const waits = socket.bufferedAmount + whole.length > highWaterBytes;
    const sent = waits ? () => this.#sent() : undefined;
    if (this.#stream instanceof TLSSocket) writeParts(this.#stream, parts, sent);
    else this.#stream.write(whole, sent);
    this.#judgeRoom();
  }

  unsentBytes(): number {
    if (!this.#isCongested) return 0;
    const stream = this.#stream;
    return this.#socket.bufferedAmount - writtenBytes(stream) + queuedBytes(stream);
  }

  close(code: number, reason: string): void {
    // Later messages are ignored, but the other side's close frame counts.
    this.#isClosing = true;
    this.#socket.close(code, reason);
    // Pending data for a side that does not read would keep the close frame back for good.
    this.#pauseOrResume();
  }

  terminate(): void {
    this.#socket.terminate();
  }

  #sent(): void {
    if (!this.#isCongested || this.#socket.bufferedAmount > highWaterBytes / 2) return;
    this.#isCongested = false;
    this.#pauseOrResume();
    this.#events.drained?.();
  }

  /** Called after each sending. */
  #judgeRoom(): void {
    const { bufferedAmount } = this.#socket;
    if (bufferedAmount > limitBytes) return this.#socket.terminate();
    if (this.#isCongested || bufferedAmount <= highWaterBytes) return;
    this.#isCongested = true;
    this.#pauseOrResume();
    this.#events.congested?.();
  }

  #pauseOrResume(): void {
    // Discards data up to the other side's close frame.
    const isFull = this.#isCongested || this.#queue.isFull;
    const isPaused = !this.#isClosing && isFull;
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    if (isPaused) this.#socket.pause();
    else this.#socket.resume();
  }

  /** False: the other side sends too much, and the connection is closed. */
  #admits(bytes: number): boolean {
    if (this.#isClosing) return false;
    if (this.#inflow.take(bytes, performance.now())) return true;
    this.#failure ??= 'it sends too much';
    this.close(closeCodes.tooMuch, 'too many messages');
    return false;
  }

  read(parsed: ParsedMessage): void {
    if (this.#isClosing) return;
    this.#isReading = true;
    try {
      if (parsed.ok) this.#events.message(parsed.message);
      else if (parsed.isUnknown === true && this.#events.unknown !== undefined) {
        this.#events.unknown(parsed.reason);
      } else this.#events.garbage(parsed.reason);
    } catch (error) {
      // An error thrown from here would end the whole daemon.
      this.#failure ??= 'a message could not be handled';
      this.close(closeCodes.internalError, 'a message could not be handled');
      this.#events.failed(error);
    }
    this.#isReading = false;
    this.#pauseOrResume();
  }

  /**
   * The answers to messages that came together leave together: a hello, a status and a ping get a
   * configuration and a pong, and each write of its own costs as much as handling a message.
   */
  #gather(stream: Writable, bytes: number): void {
    if (!this.#isReading || this.#isGathering || bytes > gatheredBytes) return;
    this.#isGathering = true;
    stream.cork();
    process.nextTick(sendGathered, this, stream);
  }

  gathered(): void {
    this.#isGathering = false;
  }
}

function sendGathered(socket: BoundedSocket, stream: Writable): void {
  socket.gathered();
  stream.uncork();
}

/** Where a socket names its owner, so that all sockets share these listeners. */
const owner = Symbol('owner');

type OwnedSocket = WebSocket & { [owner]?: BoundedSocket };

function receivedMessage(this: OwnedSocket, data: RawData, isBinary: boolean): void {
  this[owner]?.received(data, isBinary);
}

function receivedPing(this: OwnedSocket, data: Buffer): void {
  this[owner]?.pinged(data);
}

function receivedPong(this: OwnedSocket, data: Buffer): void {
  this[owner]?.ponged(data);
}

function failed(this: OwnedSocket, error: Error): void {
  this[owner]?.failed(error);
}

function closed(this: OwnedSocket, code: number, reason: Buffer): void {
  this[owner]?.closed(code, reason);
}

function lengthOf(data: RawData): number {
  return Buffer.isBuffer(data) ? data.length : 0;
}
