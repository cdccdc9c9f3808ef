/** A TCP proxy that cuts connections at a chosen place: in a request, or before its answer. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface Cut {
  /** The counted direction: to the server, or from it. */
  readonly way: 'to' | 'from';
  /** The number that still passes. */
  readonly bytes: number;
}

export interface CuttingProxy {
  readonly port: number;
  /** Cuts all connections, once, when so many bytes have passed from now on. */
  cutAfter(cut: Cut): void;
  /** Cuts all connections now. */
  cut(): void;
  /** Accepts connections and bytes, and passes nothing on, like a server that does not answer. */
  swallow(isSilent: boolean): void;
  /** The bytes that have passed in this direction since the proxy began. */
  passed(way: Cut['way']): number;
  /** The number of cut connections. */
  readonly cuts: number;
  close(): Promise<void>;
}

export async function startCuttingProxy(target: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  const passed = { to: 0, from: 0 };
  let pending: { readonly way: Cut['way']; left: number } | undefined;
  let isSilent = false;
  let cuts = 0;

  const cut = (): void => {
    if (sockets.size > 0) cuts += 1;
    pending = undefined;
    for (const socket of sockets) socket.resetAndDestroy();
    sockets.clear();
  };
  const pass = (way: Cut['way'], bytes: Buffer, out: Socket): void => {
    if (isSilent) return;
    const most = pending?.way === way ? pending.left : Infinity;
    const some = bytes.subarray(0, Math.min(most, bytes.length));
    passed[way] += some.length;
    if (pending?.way === way) pending.left -= some.length;
    if (some.length === bytes.length) return void out.write(some);
    // The permitted bytes must arrive before the connection breaks.
    if (some.length === 0) cut();
    else out.write(some, cut);
  };
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    for (const [socket, other, way] of [
      [client, upstream, 'to'],
      [upstream, client, 'from'],
    ] as const) {
      sockets.add(socket);
      socket.on('data', (bytes: Buffer) => pass(way, bytes, other));
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cutAfter: ({ way, bytes }) => {
      pending = { way, left: bytes };
    },
    cut,
    swallow: (silent) => {
      isSilent = silent;
    },
    passed: (way) => passed[way],
    get cuts() {
      return cuts;
    },
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
