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
  readonly #next = (): void => this.#handleNext();
  readonly #waiting: Received[] = [];
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
    return this.#isReading || this.#waiting.length > 1;
  }

  add(received: Received): void {
    this.#waiting.push(received);
    this.#deps.turns.run(this.#next);
  }

  /** Each message takes one turn; while a long one is read, the next ones wait. */
  #handleNext(): void {
    const [next] = this.#waiting;
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
    for (const _one of this.#waiting.slice()) this.#deps.turns.run(this.#next);
  }

  #handleFirst(parsed: ParsedMessage): void {
    const waiting = this.#waiting;
    // An array that was emptied by its length keeps no room for elements.
    if (waiting.length === 1) waiting.length = 0;
    else waiting.shift();
    this.#reader.read(parsed);
  }
}
