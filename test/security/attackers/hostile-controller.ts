/**
 * A controller that attacks the agents that dial it. Each begins to listen and returns its address;
 * it does the same to every agent, again and again.
 */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import { WebSocketServer, type WebSocket } from 'ws';

export interface HostileController {
  /** `ws://127.0.0.1:port`. */
  readonly url: string;
  /** The number of agents that have dialled so far. */
  dials(): number;
  close(): void;
}

/** Pings of the protocol and of WebSocket as fast as possible, without reading an answer. */
export function pingStorm(): Promise<HostileController> {
  let id = 0;
  return toEach((socket) => {
    socket.pause();
    return repeat(socket, () => {
      for (let n = 0; n < 500; n += 1) {
        socket.send(JSON.stringify({ type: 'ping', id: (id += 1) }));
        socket.ping();
      }
    });
  });
}

/** Configurations of nearly 1 MiB, each with a number of its own. */
export function floodConfigs(): Promise<HostileController> {
  const text = `# ${'x'.repeat(1_000_000)}\nglobal-as-number: 64512\n`;
  let number = 0;
  return toEach((socket) =>
    repeat(socket, () => {
      number += 1;
      const digest = `sha256:${String(number).padStart(64, '0')}`;
      const lineage = 'controller:default';
      const content = { mediaType: 'application/yaml', text, by: 'nobody' };
      socket.send(JSON.stringify({ type: 'config', lineage, number, digest, ...content }));
    }),
  );
}

/** A message that never ends, in as many fragments as possible. */
export function endlessMessage(): Promise<HostileController> {
  return toEach((socket) =>
    repeat(socket, () => {
      for (let n = 0; n < 1000; n += 1) socket.send('x', { fin: false, binary: false });
    }),
  );
}

/** A frame larger than any allowed one. */
export function hugeFrame(): Promise<HostileController> {
  const content = Buffer.alloc(50_000_000, 'x');
  return toEach((socket) => {
    socket.send(content, { binary: false });
    return () => undefined;
  });
}

/** The numbers of the lineage are used up by one message, and close reasons are full of escapes. */
export function absurdNumbers(): Promise<HostileController> {
  return toEach((socket) => {
    const digest = `sha256:${'0'.repeat(64)}`;
    const lineage = 'controller:default';
    const number = Number.MAX_SAFE_INTEGER;
    const content = { mediaType: 'application/yaml', text: 'global-as-number: 64512\n', by: 'x' };
    socket.send(JSON.stringify({ type: 'config', lineage, number, digest, ...content }));
    socket.close(4400, '\u001b[31mred\u0007\u202e');
    return () => undefined;
  });
}

/** An answer to the handshake that goes on for ever, a header a time. */
export function endlessHandshake(): Promise<HostileController> {
  return raw((socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\n');
    const timer = setInterval(() => socket.write(`x-${String(Math.random())}: y\r\n`), 50);
    socket.once('close', () => clearInterval(timer));
  });
}

/** Redirects every agent to another address, which is its own. */
export async function endlessRedirects(): Promise<HostileController> {
  let dialled = 0;
  const server = createHttpServer();
  const redirect = (socket: { end(text: string): unknown }): void => {
    dialled += 1;
    socket.end(
      'HTTP/1.1 302 Found\r\nlocation: /v1/agents?again\r\ncontent-length: 0\r\nconnection: close\r\n\r\n',
    );
  };
  server.on('upgrade', (_request, socket) => {
    socket.on('error', () => undefined);
    redirect(socket);
  });
  return listening(
    server,
    () => dialled,
    () => undefined,
  );
}

/** An HTTP server whose WebSockets follow a test. */
export async function toEach(act: (socket: WebSocket) => () => void): Promise<HostileController> {
  let dialled = 0;
  const server = createHttpServer();
  const webSockets = new WebSocketServer({ server, handleProtocols: () => 'calico-agent.v1' });
  webSockets.on('connection', (socket) => {
    dialled += 1;
    socket.on('error', () => undefined);
    const stop = act(socket);
    socket.once('close', stop);
  });
  const end = (): void => {
    for (const socket of webSockets.clients) socket.terminate();
    webSockets.close();
  };
  return listening(server, () => dialled, end);
}

function raw(act: (socket: Socket) => void): Promise<HostileController> {
  let dialled = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    dialled += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.resume();
    act(socket);
  });
  const end = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return listening(server, () => dialled, end);
}

async function listening(
  server: Server,
  dials: () => number,
  end: () => void,
): Promise<HostileController> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const close = (): void => {
    end();
    server.close();
  };
  return { url: `ws://127.0.0.1:${String(port)}`, dials, close };
}

function repeat(socket: WebSocket, act: () => void): () => void {
  const timer = setInterval(() => {
    if (socket.readyState === socket.OPEN && socket.bufferedAmount < 8_000_000) act();
  }, 5);
  return () => clearInterval(timer);
}
