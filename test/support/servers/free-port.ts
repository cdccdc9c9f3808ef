/** Ports for servers that cannot choose one by themselves. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the ports that Linux gives to connections and to servers without a port of their own
 * (net.ipv4.ip_local_port_range): none of these takes it before the server listens there.
 */
const lowest = 10_000;
const count = 22_000;

/** @returns a port of 127.0.0.1 on which no program listens, and none of these */
export async function freePort(others: readonly number[] = []): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * count);
    if (!others.includes(port) && (await isFree(port))) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch {
    return false;
  }
  await once(server.close(), 'close');
  return true;
}
