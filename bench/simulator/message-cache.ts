/** Reads a controller's messages for many agents: a configuration that all of them get is parsed once. */
import { jsonBounds } from '../../core/input/bounds.ts';
import { parseMessage, type ParsedMessage } from '../../core/protocol/messages.ts';
import { isChannelMessage } from '../../schemas/generated/channel-message.validator.js';

export interface MessageCache {
  readonly read: (data: Buffer) => ParsedMessage;
}

const reader = { bounds: jsonBounds.message, isMessage: isChannelMessage };

export function createMessageCache(): MessageCache {
  let last: { readonly data: Buffer; readonly parsed: ParsedMessage } | undefined;
  return {
    read: (data) => {
      if (last?.data.equals(data) === true) return last.parsed;
      const parsed = parseMessage(data.toString('utf8'), reader);
      // Only configurations repeat; the copy keeps no larger buffer of the socket alive.
      const isShared = parsed.ok && parsed.message.type === 'config';
      if (isShared) last = { data: Buffer.from(data), parsed };
      return parsed;
    },
  };
}
