/** The leader's side: reads the header of connections that another controller passes on to it. */
import type { Server, Socket } from 'node:net';
import { awaitFirstBytes } from './first-bytes.ts';
import { firstByte, mostHeaderBytes, readClientHeader } from './client-header.ts';

export interface AcceptPassedOptions {
  /** The key of this controller, which the others find in the store. */
  readonly key: Buffer;
  /** Called with the client's address, before the server gets the connection. */
  readonly passed: (socket: Socket, address: string) => void;
  readonly refused: (reason: string, socket: Socket) => void;
}

/**
 * Puts itself before what the server does with new connections. Those of clients go through as they
 * are; those that begin as a header does need a valid one. What listens for `connection` later gets
 * each connection at once, before its first bytes.
 */
export function acceptPassed(server: Server, options: AcceptPassedOptions): void {
  const inner = server.listeners('connection');
  server.removeAllListeners('connection');
  const serve = (socket: Socket, bytes: Buffer): void => {
    if (bytes.length > 0) socket.unshift(bytes);
    for (const listener of inner) Reflect.apply(listener, server, [socket]);
    // TLS reads from the handle, below the socket; HTTP listens for data, and the socket is paused.
    if (socket.listenerCount('data') > 0) process.nextTick(() => socket.resume());
  };
  server.on('connection', (socket: Socket) => {
    awaitFirstBytes(socket, (bytes) => {
      if (bytes[0] === firstByte) readHeader(socket, bytes, { ...options, serve });
      else serve(socket, bytes);
    });
  });
}

interface ReadHeaderOptions extends AcceptPassedOptions {
  readonly serve: (socket: Socket, bytes: Buffer) => void;
}

function readHeader(socket: Socket, bytes: Buffer, options: ReadHeaderOptions): void {
  const read = readClientHeader(bytes, options.key);
  switch (read.kind) {
    case 'whole':
      options.passed(socket, read.client.address);
      options.serve(socket, bytes.subarray(read.bytes));
      break;
    case 'part':
      if (bytes.length >= mostHeaderBytes) return refuse(socket, options);
      socket.once('data', (more: Buffer) => {
        socket.pause();
        readHeader(socket, Buffer.concat([bytes, more]), options);
      });
      socket.resume();
      break;
    case 'refused':
      refuse(socket, options);
      break;
  }
}

function refuse(socket: Socket, { refused }: AcceptPassedOptions): void {
  refused('it claims to pass on a connection, and does not know the key of the leader', socket);
  socket.destroy();
}
