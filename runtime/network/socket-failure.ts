/** Says in our words why ws ended a connection. */
import { systemCodeOf } from '../errors.ts';

const reasons: Readonly<Record<string, string>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 'it sent a message that is too large',
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 'it sent a message that is too large',
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 'it sent a message in too many parts',
  WS_ERR_INVALID_UTF8: 'it sent text that is not UTF-8',
};

/** @param error of a WebSocket of ws */
export function socketFailure(error: Error): string {
  const code = systemCodeOf(error);
  if (code?.startsWith('WS_ERR_') !== true) return error.message;
  return reasons[code] ?? `it does not keep to the WebSocket protocol (${code})`;
}
