/** One request and its answer over a connection to the API server. */
import { AppError } from '../errors.ts';
import { connectionFailure } from './connection-failure.ts';
import type { Connection, Connections } from './connection.ts';

/**
 * @param what completes `cannot …`
 * @throws AppError datastore-failed where the connection failed
 */
export async function exchange<T>(
  connections: Connections,
  connection: Connection,
  what: string,
  talk: (headers: Record<string, string>, server: string) => Promise<T>,
): Promise<T> {
  const authorization = await connection.credentials.authorization();
  const headers = {
    accept: 'application/json',
    'user-agent': 'calico-agent',
    ...(authorization !== undefined && { authorization }),
  };
  try {
    return await talk(headers, connection.access.server);
  } catch (error) {
    // The certificate may have ended, or the authority changed, so the next connection reads both
    // anew.
    if (!(error instanceof AppError)) connections.forget(connection);
    throw connectionFailure(what, connection.access, error);
  }
}

/** @param server the server, whose own path comes first */
export function pathOf(
  server: string,
  path: string,
  query: Readonly<Record<string, string | number | boolean>> = {},
): string {
  const parameters = Object.entries(query).map(([name, value]) => [name, String(value)]);
  const search = new URLSearchParams(Object.fromEntries(parameters)).toString();
  const base = new URL(server).pathname.replace(/\/$/u, '');
  return `${base}${path}${search === '' ? '' : `?${search}`}`;
}
