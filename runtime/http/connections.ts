/**
 * The connections of one server: few, each with one request at a time, and none for good. One that
 * arrives where there is no more room takes the place of another: first of the one that has been
 * idle for the longest time, then of one that does not read its answer. So nobody is kept out by
 * connections that do nothing.
 */
import type { RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ServingLimits } from './limits.ts';

export type ConnectionLimits = Pick<ServingLimits, 'connections' | 'pipelined' | 'answerMs'>;

/** What a client did that ended its connection. */
export type Misuse =
  'too many connections' | 'requests without reading the answers' | 'answers that are not read';

interface Connection {
  readonly socket: Socket;
  /** The request that is being answered. */
  current?: ServerResponse;
  /** Begins the next one. */
  readonly waiting: (() => void)[];
  /** Since when it is as it is, in ms of a clock that never goes back. */
  since: number;
  /** Its answer is complete, and waits to be read. */
  isStuck: boolean;
}

const lookMs = 1000;

/**
 * @param listener gets one request of each connection at a time
 * @param misused is called once for each connection that is closed for it
 */
export function boundConnections(
  server: Server,
  listener: RequestListener,
  limits: ConnectionLimits,
  misused: (how: Misuse) => void,
): void {
  const connections = new Map<Socket, Connection>();
  const drop = (connection: Connection, how: Misuse): void => {
    connections.delete(connection.socket);
    connection.waiting.length = 0;
    connection.socket.destroy();
    misused(how);
  };
  const look = (): void => {
    const now = performance.now();
    for (const connection of connections.values()) {
      if (isLate(connection, now, limits.answerMs)) drop(connection, 'answers that are not read');
    }
    if (connections.size === 0) stopLooking();
  };
  let looking: NodeJS.Timeout | undefined;
  const stopLooking = (): void => {
    clearInterval(looking);
    looking = undefined;
  };
  server.on('connection', (socket: Socket) => {
    if (connections.size >= limits.connections) {
      const [first] = [...connections.values()].toSorted(byUse);
      if (first !== undefined) drop(first, 'too many connections');
    }
    connections.set(socket, { socket, waiting: [], since: performance.now(), isStuck: false });
    socket.once('close', () => connections.delete(socket));
    looking ??= setInterval(look, lookMs).unref();
  });
  server.on('close', stopLooking);
  server.on('request', (message, response) => {
    const connection = connections.get(message.socket);
    // It was dropped, and what it sent before still comes out of the parser.
    if (connection === undefined) return;
    const begin = (): void => {
      connection.current = response;
      connection.since = performance.now();
      connection.isStuck = false;
      response.once('close', () => goOn(connection));
      listener(message, response);
    };
    if (connection.current === undefined) return begin();
    if (connection.waiting.length >= limits.pipelined) {
      return drop(connection, 'requests without reading the answers');
    }
    connection.socket.pause();
    connection.waiting.push(begin);
  });
}

function goOn(connection: Connection): void {
  delete connection.current;
  connection.since = performance.now();
  connection.isStuck = false;
  const next = connection.waiting.shift();
  if (connection.waiting.length === 0) connection.socket.resume();
  next?.();
}

/** Its answer lies there unread; seen at one look, and too old at a later one. */
function isLate(connection: Connection, now: number, answerMs: number): boolean {
  const { current } = connection;
  if (current?.writableEnded !== true) return false;
  if (!connection.isStuck) {
    connection.isStuck = true;
    connection.since = now;
  }
  return now - connection.since >= answerMs;
}

/** Whose place is taken first: idle, then stuck, then at work; of each the oldest. */
function byUse(one: Connection, other: Connection): number {
  return rankOf(one) - rankOf(other) || one.since - other.since;
}

function rankOf({ current }: Connection): number {
  if (current === undefined) return 0;
  return current.writableEnded ? 1 : 2;
}
