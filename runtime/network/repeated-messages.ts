/**
 * Remembers a few messages as they came: all agents of a fleet send the same bytes about a revision, and the
 * same heartbeats, and each was read and checked only a moment ago.
 */
import type { ChannelMessage, ParsedMessage } from '../../core/protocol/messages.ts';

export interface RepeatedMessages {
  /** The message of these bytes; undefined: they have to be read. */
  find(data: Buffer): ParsedMessage | undefined;
  /** Remembers a message, if others may send the same. */
  keep(data: Buffer, parsed: ParsedMessage): void;
}

const most = 16;
const longestBytes = 1024;

/** What an agent refuses a revision for is its own, except that another one came before it was done. */
function isSaidByMany(message: ChannelMessage): boolean {
  const { type } = message;
  if (type === 'nack') return message.code === 'superseded';
  return type === 'ack' || type === 'ping' || type === 'pong';
}

interface Known {
  readonly data: Buffer;
  readonly parsed: ParsedMessage;
}

function hasBytes({ data }: Known, given: Buffer): boolean {
  return data.length === given.length && data.equals(given);
}

export function createRepeatedMessages(): RepeatedMessages {
  const known: Known[] = [];
  let next = 0;
  /** The one that was found last is mostly found next, too. */
  let found: Known | undefined;
  return {
    find: (data) => {
      if (found !== undefined && hasBytes(found, data)) return found.parsed;
      const other = known.find((one) => hasBytes(one, data));
      if (other !== undefined) found = other;
      return other?.parsed;
    },
    keep: (data, parsed) => {
      if (!parsed.ok || data.length > longestBytes) return;
      if (!isSaidByMany(parsed.message)) return;
      // A copy, because the bytes are part of a larger buffer.
      known[next] = { data: Buffer.from(data), parsed };
      next = (next + 1) % most;
    },
  };
}
