import { isIP } from 'node:net';

/** Whether this host name or address, without brackets, stays within this machine. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}
