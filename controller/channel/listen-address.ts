import { AppError } from '../../runtime/errors.ts';
import { hostPortForm, parseHostPort, type HostPort } from '../../runtime/network/host-port.ts';
import { isLoopback } from '../../runtime/network/loopback.ts';

export type ListenAddress = HostPort;

export interface ListenPolicy {
  readonly tls: boolean;
  readonly plaintextBeyondLoopback: boolean;
}

/**
 * `host:port` or `[v6]:port`. @throws AppError if it is no address, or would be open to the network
 */
export function parseListenAddress(text: string, policy: ListenPolicy): ListenAddress {
  const address = parseHostPort(text);
  if (address === undefined) throw refused(text, hostPortForm);
  if (!policy.tls && !policy.plaintextBeyondLoopback && !isLoopback(address.host)) {
    throw refused(
      text,
      'without TLS the token and the configurations would be readable on the network; ' +
        'give --tls-cert and --tls-key, or set --plaintext-beyond-loopback',
    );
  }
  return address;
}

function refused(text: string, reason: string): AppError {
  return new AppError('invalid-settings', `cannot listen on "${text}": ${reason}`);
}
