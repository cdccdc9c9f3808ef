/** Looks at the beginning of a connection before anything else reads it. */
import type { Socket } from 'node:net';

/**
 * Calls `arrived` with the first bytes; the socket is paused then. While nothing comes, nothing
 * happens: the caller bounds the time.
 */
export function awaitFirstBytes(socket: Socket, arrived: (bytes: Buffer) => void): void {
  // Nobody else listens yet, and an error without a listener would end the process.
  socket.on('error', destroyAtError);
  socket.once('data', (bytes: Buffer) => {
    socket.pause();
    arrived(bytes);
  });
}

function destroyAtError(this: Socket): void {
  this.destroy();
}
