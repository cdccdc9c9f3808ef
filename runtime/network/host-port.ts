/** An address with a port, as a person writes it: `HOST:PORT` or `[IPV6]:PORT`. */
export interface HostPort {
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** @returns undefined: the text has another form */
export function parseHostPort(text: string): HostPort | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || !(port <= 65_535) ? undefined : { host, port };
}

/** What is wrong with a text of another form. */
export const hostPortForm = 'write HOST:PORT or [IPV6]:PORT';
