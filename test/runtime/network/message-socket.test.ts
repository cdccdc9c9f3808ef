import { expect } from 'chai';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { WebSocket, WebSocketServer } from 'ws';
import { jsonBounds } from '../../../core/input/bounds.ts';
import {
  messageSocket,
  servedSocket,
  type ServedSocket,
} from '../../../runtime/network/message-socket.ts';
import { textFrame } from '../../../runtime/network/text-frame.ts';
import { atOnce } from '../../../runtime/pacing/spread.ts';
import { eventually } from '../../support/eventually.ts';
import { hasOpenssl, makeCertificate } from '../../support/servers/certificate.ts';
import { lacks } from '../../support/skips/needs.cjs';
import { configOf } from '../../core/protocol/sample.ts';
import { isChannelMessage } from '../../../schemas/generated/channel-message.validator.js';

const reader = { bounds: jsonBounds.message, isMessage: isChannelMessage };

describe('a socket that carries messages', () => {
  it('closes only itself when the handling of a message throws, and reports the error', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    const failures: unknown[] = [];
    const handled: unknown[] = [];
    server.on('connection', (socket) =>
      messageSocket(socket, reader, {
        message: (message) => {
          handled.push(message);
          if (message.type === 'ping' && message.id === 1) throw new RangeError('too deep');
        },
        garbage: () => undefined,
        failed: (error) => failures.push(error),
        closed: () => undefined,
      }),
    );
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const open = async (): Promise<WebSocket> => {
      const socket = new WebSocket(`ws://127.0.0.1:${String(port)}`);
      await once(socket, 'open');
      return socket;
    };
    try {
      const [hostile, other] = [await open(), await open()];
      const closed = once(hostile, 'close');
      hostile.send('{"type":"ping","id":1}');
      hostile.send('{"type":"ping","id":2}');
      const [code, reason]: unknown[] = await closed;
      expect([code, String(reason)]).to.deep.equal([1011, 'a message could not be handled']);
      expect(failures.map(String)).to.deep.equal(['RangeError: too deep']);
      expect(handled).to.have.length(1);
      expect(other.readyState).to.equal(WebSocket.OPEN);
      other.terminate();
    } finally {
      server.close();
    }
  });

  it('reads a long message in turns, and those behind it in their order', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    const handled: string[] = [];
    let turnsMeanwhile = 0;
    server.on('connection', (socket) =>
      messageSocket(socket, reader, {
        message: ({ type }) => {
          handled.push(type);
          const count = (): void => {
            turnsMeanwhile += 1;
            if (handled.length < 2) setImmediate(count);
          };
          if (handled.length === 1) count();
        },
        garbage: (reason) => handled.push(reason),
        failed: () => undefined,
        closed: () => undefined,
      }),
    );
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const socket = new WebSocket(`ws://127.0.0.1:${String(port)}`);
    await once(socket, 'open');
    try {
      const config = { ...configOf(1, 'a'), text: '"'.repeat(1_000_000) };
      for (const message of [{ type: 'ping', id: 1 }, config, { type: 'ping', id: 2 }]) {
        socket.send(JSON.stringify(message));
      }
      await eventually(() => expect(handled).to.deep.equal(['ping', 'config', 'ping']));
      expect(turnsMeanwhile, 'turns of the event loop').to.be.greaterThan(5);
    } finally {
      socket.terminate();
      server.close();
    }
  });

  it('goes on reading while one message waits for its turn, and stops while two wait', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    const waiting: (() => void)[] = [];
    const handled: unknown[] = [];
    let served: WebSocket | undefined;
    server.on('connection', (socket) => {
      served = socket;
      const events = {
        message: (message: unknown) => handled.push(message),
        garbage: (reason: string) => handled.push(reason),
        failed: (error: unknown) => handled.push(error),
        closed: () => undefined,
      };
      messageSocket(socket, reader, events, { run: (work) => waiting.push(work) });
    });
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const socket = new WebSocket(`ws://127.0.0.1:${String(port)}`);
    await once(socket, 'open');
    try {
      const isStopped: unknown[] = [];
      for (const id of [1, 2]) {
        socket.send(JSON.stringify({ type: 'ping', id }));
        await eventually(() => expect(waiting).to.have.length(id));
        isStopped.push(served?.isPaused);
      }
      for (const work of waiting) work();
      expect([...isStopped, served?.isPaused]).to.deep.equal([false, true, false]);
      expect(handled).to.deep.equal([
        { type: 'ping', id: 1 },
        { type: 'ping', id: 2 },
      ]);
    } finally {
      socket.terminate();
      server.close();
    }
  });
});

describe('a socket at the server', () => {
  /** More than the kernel takes, and less than makes the server hang up. */
  const much = textFrame('x'.repeat(8_300_000));

  const links = [
    ['without TLS', 'ws', (): Server => createServer()],
    ['with TLS', 'wss', (): Server => createSecureServer(certificate())],
  ] as const;
  for (const [how, scheme, create] of links) {
    it(`sees that the other side reads a part of one large frame, ${how}`, async function () {
      if (scheme === 'wss' && !hasOpenssl()) {
        lacks('the program openssl', 'openssl');
        this.skip();
      }
      await seesReading(create(), scheme);
    });
  }

  async function seesReading(server: Server, scheme: 'ws' | 'wss'): Promise<void> {
    const sockets = new WebSocketServer({ server, perMessageDeflate: false });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const served: ServedSocket[] = [];
    let drained = 0;
    sockets.on('connection', (socket, { socket: stream }) => {
      const events = {
        message: () => undefined,
        garbage: () => undefined,
        failed: () => undefined,
        closed: () => undefined,
        drained: () => (drained += 1),
      };
      served.push(servedSocket(socket, stream, { reader, turns: atOnce }, events));
    });
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const url = `${scheme}://127.0.0.1:${String(port)}`;
    const client = new WebSocket(url, { rejectUnauthorized: false });
    let isInSteps = false;
    client.once('upgrade', ({ socket: stream }) =>
      stream.on('data', () => {
        if (isInSteps) client.pause();
      }),
    );
    await once(client, 'open');
    client.pause();
    try {
      expect(served[0]?.unsentBytes()).to.equal(0);
      served[0]?.sendFrame(much);
      const first = served[0]?.unsentBytes() ?? 0;
      expect(first).to.be.greaterThan(1_000_000);
      // A chunk at a time: the kernel's buffers would take the rest if more were read at once.
      isInSteps = true;
      while ((served[0]?.unsentBytes() ?? 0) >= first) {
        client.resume();
        await nextTurn();
        await nextTurn();
      }
      expect(served[0]?.unsentBytes()).to.be.greaterThan(0);
      isInSteps = false;
      client.resume();
      await eventually(() => expect(drained).to.equal(1));
      expect(served[0]?.unsentBytes()).to.equal(0);
    } finally {
      client.terminate();
      server.close();
    }
  }

  function certificate(): { readonly cert: Buffer; readonly key: Buffer } {
    const folder = mkdtempSync(path.join(tmpdir(), 'calico-agent-socket-'));
    try {
      const { certFile, keyFile } = makeCertificate(folder, 'server', 'IP:127.0.0.1');
      return { cert: readFileSync(certFile), key: readFileSync(keyFile) };
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
});
