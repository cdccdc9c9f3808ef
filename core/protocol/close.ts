/**
 * The reasons for ending a connection: WebSocket close codes of the private range (RFC 6455,
 * 7.4.2).
 */
export const closeCodes = {
  goingAway: 1001,
  internalError: 1011,
  protocolError: 4400,
  /** The certificate is another node's, or is not accepted any more. */
  wrongIdentity: 4401,
  wrongCluster: 4403,
  silence: 4408,
  replaced: 4409,
  /** It sends more than a correct program ever would. */
  tooMuch: 4429,
} as const;

export interface Close {
  readonly type: 'close';
  readonly code: number;
  /** Fits a close frame: ASCII, at most 123 bytes. */
  readonly reason: string;
}

export function close(code: number, reason: string): Close {
  return { type: 'close', code, reason: reason.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 123) };
}

export function protocolError(reason: string): Close {
  return close(closeCodes.protocolError, reason);
}
