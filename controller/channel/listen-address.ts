import { AppError } from '../../runtime/errors.ts';
import { isLoopback } from '../../runtime/network/loopback.ts';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface ListenPolicy {
  readonly tls: boolean;
  readonly plaintextBeyondLoopback: boolean;
}

/**
 * `host:port` or `[v6]:port`. @throws AppError if it is no address, or would be open to the network
 */
export function parseListenAddress(text: string, policy: ListenPolicy): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || !(port <= 65_535)) {
    throw refused(text, 'write HOST:PORT or [IPV6]:PORT');
  }
  if (!policy.tls && !policy.plaintextBeyondLoopback && !isLoopback(host)) {
    throw refused(
      text,
      'without TLS the token and the configurations would be readable on the network; ' +
        'give --tls-cert and --tls-key, or set --plaintext-beyond-loopback',
    );
  }
  return { host, port };
}

function refused(text: string, reason: string): AppError {
  return new AppError('invalid-settings', `cannot listen on "${text}": ${reason}`);
}
