/** A port of the loopback interface, as a person writes it. */
import { isIP } from 'node:net';
import { isLoopback } from './loopback.ts';

export interface LoopbackPort {
  readonly host: string;
  readonly port: number;
}

/** @param listen `127.0.0.1:9469`, `[::1]:9469` @returns a text: what is wrong with it */
export function loopbackPort(listen: string): LoopbackPort | string {
  const [, host = '', port = ''] = /^\[?([^\]]+)\]?:(\d{1,5})$/.exec(listen) ?? [];
  if (!isLoopback(host) || isIP(host) === 0) {
    return 'it must be an address of the loopback interface with a port, such as 127.0.0.1:9470';
  }
  return Number(port) > 65_535 ? 'the highest port is 65535' : { host, port: Number(port) };
}
