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

export interface MessageQueue {
  add(received: Received): void;
  /** Number of messages that wait, including one that is being read. */
  length(): number;
}

export interface Received {
  readonly data: RawData;
  readonly isBinary: boolean;
}

/** A longer message is read in several turns. */
const longBytes = 32 * 1024;

/** @param handle called for each message, after it has left the queue */
export function createMessageQueue(
  reader: MessageReader,
  turns: Turns,
  handle: (parsed: ParsedMessage) => void,
): MessageQueue {
  const waiting: Received[] = [];
  let isReading = false;

  const handleFirst = (parsed: ParsedMessage): void => {
    waiting.shift();
    handle(parsed);
  };
  const readLong = async (text: string): Promise<void> => {
    isReading = true;
    const parsed = await finishInTurns(parseMessageInParts(text, reader));
    // JSON.parse, which ends it, cannot be split.
    await otherWorkFirst();
    isReading = false;
    handleFirst(parsed);
    for (const _one of waiting.slice()) turns.run(handleNext);
  };
  /** Each message takes one turn; while a long one is read, the next ones wait. */
  const handleNext = (): void => {
    const [next] = waiting;
    if (next === undefined || isReading) return;
    const { data, isBinary } = next;
    if (isBinary || !Buffer.isBuffer(data)) {
      return handleFirst({ ok: false, reason: 'the message is not text' });
    }
    const text = data.toString('utf8');
    if (data.length > longBytes) void readLong(text);
    else handleFirst(parseMessage(text, reader));
  };

  return {
    add: (received) => {
      waiting.push(received);
      turns.run(handleNext);
    },
    length: () => waiting.length,
  };
}
