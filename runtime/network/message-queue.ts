/** Reads the messages of a connection in their order; long ones in several turns of the event loop. */
import type { RawData } from 'ws';
import {
  parseMessage,
  parseMessageInParts,
  type MessageReader,
  type ParsedMessage,
} from '../../core/protocol/messages.ts';
import { finishInTurns, otherWorkFirst } from '../pacing/in-turns.ts';
import type { Turns } from '../pacing/spread.ts';
import type { RepeatedMessages } from './repeated-messages.ts';

export interface Received {
  readonly data: RawData;
  readonly isBinary: boolean;
}

/** An object, because a function for each connection takes memory. */
export interface QueueReader {
  /** Called for each message, after it has left the queue. */
  read(parsed: ParsedMessage): void;
}

/** What the queues of many connections share. */
export interface QueueDeps {
  readonly reader: MessageReader;
  readonly turns: Turns;
  /** Absent: every message is read. */
  readonly repeated?: RepeatedMessages;
}

/** A longer message is read in several turns. */
const longBytes = 32 * 1024;

/** A class, because a controller has thousands of them: their functions are shared. */
export class MessageQueue {
  readonly #deps: QueueDeps;
  readonly #reader: QueueReader;
  /** Undefined: none waits. An empty array takes memory, and nearly all connections are quiet. */
  #waiting: Received[] | undefined;
  #isReading = false;

  constructor(deps: QueueDeps, reader: QueueReader) {
    this.#deps = deps;
    this.#reader = reader;
  }

  /**
   * No further message should be received for now. A single short one leaves within a moment, and reading from
   * thousands of sockets is not stopped for that.
   */
  get isFull(): boolean {
    return this.#isReading || this.#length > 1;
  }

  /** With the message that is being read. */
  get #length(): number {
    return this.#waiting?.length ?? 0;
  }

  add(received: Received): void {
    if (this.#waiting === undefined) this.#waiting = [received];
    else this.#waiting.push(received);
    this.#handleInTurn();
  }

  /** A function for each message, because one that is kept takes memory while nothing comes. */
  #handleInTurn(): void {
    this.#deps.turns.run(() => this.#handleNext());
  }

  /** Each message takes one turn; while a long one is read, the next ones wait. */
  #handleNext(): void {
    const next = this.#waiting?.[0];
    if (next === undefined || this.#isReading) return;
    const { data, isBinary } = next;
    if (isBinary || !Buffer.isBuffer(data)) {
      return this.#handleFirst({ ok: false, reason: 'the message is not text' });
    }
    if (data.length > longBytes) void this.#readLong(data.toString('utf8'));
    else this.#handleFirst(this.#read(data));
  }

  #read(data: Buffer): ParsedMessage {
    const { reader, repeated } = this.#deps;
    const known = repeated?.find(data);
    if (known !== undefined) return known;
    const parsed = parseMessage(data.toString('utf8'), reader);
    repeated?.keep(data, parsed);
    return parsed;
  }

  async #readLong(text: string): Promise<void> {
    this.#isReading = true;
    const parsed = await finishInTurns(parseMessageInParts(text, this.#deps.reader));
    // JSON.parse, which ends it, cannot be split.
    await otherWorkFirst();
    this.#isReading = false;
    this.#handleFirst(parsed);
    for (let left = this.#length; left > 0; left -= 1) this.#handleInTurn();
  }

  #handleFirst(parsed: ParsedMessage): void {
    if (this.#length > 1) this.#waiting?.shift();
    else this.#waiting = undefined;
    this.#reader.read(parsed);
  }
}
