import { isIP } from 'node:net';

/** Does this host name or address, without brackets, stay within this machine? */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}
