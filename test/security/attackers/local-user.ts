/**
 * Attacks of any user of the machine on a daemon's unix socket. Each returns while it still runs;
 * `stop` ends it. They only need a path, so they can be run against any daemon.
 */
import { createConnection, type Socket } from 'node:net';

export interface Attack {
  /** Closes everything that it opened. */
  stop(): void;
}

/** Sends so many requests on one connection and reads no answer. */
export async function pipeline(socket: string, path: string, count: number): Promise<Attack> {
  const [connection] = await open(socket, 1);
  connection?.pause();
  connection?.write(requestOf('GET', path).repeat(count));
  return standing(connection === undefined ? [] : [connection]);
}

/** Asks for the same thing on so many connections at once, and reads no answer. */
export async function askWithoutReading(
  socket: string,
  path: string,
  count: number,
): Promise<Attack> {
  const connections = await open(socket, count);
  for (const connection of connections) connection.pause().write(requestOf('GET', path));
  return standing(connections);
}

/** Requests a change on so many connections, again and again, without the right to it. */
export async function changeWithoutRights(
  socket: string,
  path: string,
  count: number,
): Promise<Attack> {
  const body = '{}';
  const head = `content-type: application/json\r\ncontent-length: ${String(body.length)}`;
  const request = `POST ${path} HTTP/1.1\r\nhost: x\r\n${head}\r\n\r\n${body}`;
  const attacks: Attack[] = [];
  const again = async (): Promise<void> => {
    const connections = await open(socket, count);
    for (const connection of connections) connection.on('data', () => undefined).write(request);
    attacks.push(standing(connections));
  };
  await again();
  const timer = setInterval(() => void again(), 500);
  return {
    stop: () => {
      clearInterval(timer);
      for (const attack of attacks) attack.stop();
    },
  };
}

/** Asks on so many connections, and hangs up before the answer: the work goes on without a reader. */
export async function askAndLeave(socket: string, path: string, count: number): Promise<Attack> {
  for (let left = count; left > 0; left -= 50) {
    const connections = await open(socket, Math.min(left, 50));
    for (const connection of connections) {
      connection.write(requestOf('GET', path), () => connection.destroy());
    }
  }
  return standing([]);
}

/** Begins so many bodies, sends `bytes` of each, and never ends one. */
export async function bodiesThatNeverEnd(
  socket: string,
  path: string,
  { count, bytes }: { readonly count: number; readonly bytes: number },
): Promise<Attack> {
  const connections = await open(socket, count);
  const filler = `#${'x'.repeat(Math.max(bytes - 1, 0))}`;
  for (const connection of connections) {
    const head = `content-type: application/yaml\r\ncontent-length: ${String(bytes + 1)}`;
    connection.write(`POST ${path} HTTP/1.1\r\nhost: x\r\n${head}\r\n\r\n${filler}`);
  }
  return standing(connections);
}

/** Opens so many connections and sends nothing. */
export async function idleConnections(socket: string, count: number): Promise<Attack> {
  return standing(await open(socket, count));
}

/** A head that arrives one letter at a time. */
export async function slowHeads(socket: string, count: number): Promise<Attack> {
  const connections = await open(socket, count);
  for (const connection of connections) connection.write('GET /v1/status HTTP/1.1\r\nx: ');
  const dripping = setInterval(() => {
    for (const connection of connections) if (connection.writable) connection.write('a');
  }, 200);
  const { stop } = standing(connections);
  return {
    stop: () => {
      clearInterval(dripping);
      stop();
    },
  };
}

/** Connects as fast as possible, and again whenever the daemon hangs up. */
export function connectWithoutEnd(socket: string, atOnce: number): Attack {
  const connections = new Set<Socket>();
  let isOver = false;
  const connect = (): void => {
    if (isOver) return;
    const connection = createConnection(socket);
    connections.add(connection);
    connection.on('error', () => undefined);
    connection.once('close', () => {
      connections.delete(connection);
      setTimeout(connect, 1);
    });
  };
  for (let n = 0; n < atOnce; n += 1) connect();
  const stop = (): void => {
    isOver = true;
    for (const connection of connections) connection.destroy();
  };
  return { stop };
}

function requestOf(method: string, path: string): string {
  return `${method} ${path} HTTP/1.1\r\nhost: x\r\n\r\n`;
}

/** Connections that the daemon refuses or ends count as opened, because that is its answer. */
async function open(socket: string, count: number): Promise<readonly Socket[]> {
  const connections = Array.from({ length: count }, () => createConnection(socket));
  await Promise.all(
    connections.map((connection) => {
      connection.on('error', () => undefined);
      return new Promise<void>((resolve) => {
        connection.once('connect', resolve);
        connection.once('close', () => resolve());
      });
    }),
  );
  return connections;
}

function standing(connections: readonly Socket[]): Attack {
  return {
    stop: () => {
      for (const connection of connections) connection.destroy();
    },
  };
}
