/**
 * Bounds the connections of one server: few, each with one request at a time, and for a limited
 * time. If there is no more room, a new one replaces another: first the one that has been idle for
 * the longest time, then one that does not read its answer. So connections without work keep no
 * client out.
 */
import type { RequestListener, Server, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { ServingLimits } from './limits.ts';

export type ConnectionLimits = Pick<ServingLimits, 'connections' | 'pipelined' | 'answerMs'>;

/** The reason why the server ended a client's connection. */
export type Misuse =
  'too many connections' | 'requests without reading the answers' | 'answers that are not read';

interface Connection {
  readonly socket: Socket;
  /** The answer to the current request. */
  current?: ServerResponse;
  /** Functions that begin the next requests. */
  readonly waiting: (() => void)[];
  /** Since when it has had its state, in ms of a monotonic clock. */
  since: number;
  /** Its answer is complete, and waits to be read. */
  isStuck: boolean;
}

const lookMs = 1000;

/**
 * @param event with TLS requests come on the socket of `secureConnection`, which wraps another one
 * @param listener gets one request of each connection at a time
 * @param misused is called once for each connection that is closed for it
 */
export function boundConnections(
  server: Server | HttpsServer,
  event: 'connection' | 'secureConnection',
  listener: RequestListener,
  { misused, ...limits }: ConnectionLimits & { readonly misused: (how: Misuse) => void },
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
  const add = (socket: Socket): void => {
    if (connections.size >= limits.connections) {
      const [first] = [...connections.values()].toSorted(byUse);
      if (first !== undefined) drop(first, 'too many connections');
    }
    connections.set(socket, { socket, waiting: [], since: performance.now(), isStuck: false });
    socket.once('close', () => connections.delete(socket));
    looking ??= setInterval(look, lookMs).unref();
  };
  server.on(event, add);
  server.on('close', stopLooking);
  const take: RequestListener = (message, response) => {
    const connection = connections.get(message.socket);
    // It was dropped, but the parser still yields its earlier data.
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
  };
  server.on('request', take);
}

function goOn(connection: Connection): void {
  delete connection.current;
  connection.since = performance.now();
  connection.isStuck = false;
  const next = connection.waiting.shift();
  if (connection.waiting.length === 0) connection.socket.resume();
  next?.();
}

/** Whether its answer has been unread for too long, by this and an earlier look. */
function isLate(connection: Connection, now: number, answerMs: number): boolean {
  const { current } = connection;
  if (current?.writableEnded !== true) return false;
  if (!connection.isStuck) {
    connection.isStuck = true;
    connection.since = now;
  }
  return now - connection.since >= answerMs;
}

/**
 * The order of replacement: idle, then stuck, then working connections; the oldest of each first.
 */
function byUse(one: Connection, other: Connection): number {
  return rankOf(one) - rankOf(other) || one.since - other.since;
}

function rankOf({ current }: Connection): number {
  if (current === undefined) return 0;
  return current.writableEnded ? 1 : 2;
}
