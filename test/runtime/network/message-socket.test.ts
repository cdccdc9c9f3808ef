import { expect } from 'chai';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { connect } from 'node:tls';
import { WebSocket, WebSocketServer } from 'ws';
import { jsonBounds } from '../../../core/input/bounds.ts';
import {
  messageSocket,
  servedSocket,
  type ServedSocket,
} from '../../../runtime/network/message-socket.ts';
import { smallWriteBytes } from '../../../runtime/network/small-writes.ts';
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

  it('says in our words why a connection that breaks the rules ended', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', maxPayload: 8 });
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const reasonAfter = async (frame: readonly number[]): Promise<string> => {
      const ended = new Promise<string>((resolve) => {
        server.once('connection', (socket) =>
          messageSocket(socket, reader, {
            message: () => undefined,
            garbage: () => undefined,
            failed: () => undefined,
            closed: (_code, reason) => resolve(reason),
          }),
        );
      });
      const raw = connectPlain({ port: port ?? 0, host: '127.0.0.1' }).on('error', () => undefined);
      raw.write(
        'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${'A'.repeat(22)}==\r\n\r\n`,
      );
      await once(raw, 'data');
      raw.write(Buffer.from(frame));
      const reason = await ended;
      raw.destroy();
      return reason;
    };
    try {
      expect(await reasonAfter([0xf1, 0x80, 0, 0, 0, 0])).to.equal(
        'it does not keep to the WebSocket protocol (WS_ERR_UNEXPECTED_RSV_2_3)',
      );
      expect(await reasonAfter([0x81, 0x89, 0, 0, 0, 0])).to.equal(
        'it sent a message that is too large',
      );
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

  const ignored = {
    message: () => undefined,
    garbage: () => undefined,
    failed: () => undefined,
    closed: () => undefined,
  };
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
      const events = { ...ignored, drained: () => (drained += 1) };
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

  it('sees each part leave, with TLS, however little of a frame the network takes at once', async function () {
    if (!hasOpenssl()) {
      lacks('the program openssl', 'openssl');
      this.skip();
    }
    const server = createSecureServer(certificate());
    const sockets = new WebSocketServer({ server, perMessageDeflate: false });
    const link = heldLink();
    let drained = 0;
    const served = new Promise<ServedSocket>((resolve) => {
      sockets.on('connection', (socket, { socket: stream }) => {
        const events = { ...ignored, drained: () => (drained += 1) };
        resolve(servedSocket(socket, stream, { reader, turns: atOnce }, events));
      });
    });
    server.emit('connection', link.served);
    const client = new WebSocket('ws://127.0.0.1', {
      createConnection: () => connect({ socket: link.client, rejectUnauthorized: false }),
    });
    try {
      await once(client, 'open');
      const socket = await served;
      link.hold();
      socket.sendFrame(textFrame('x'.repeat(20 * smallWriteBytes)));
      const unsent: number[] = [];
      while (drained === 0) {
        if (link.deliverOne()) unsent.push(socket.unsentBytes());
        await nextTurn();
      }
      // The last one is of the moment when nothing waits any more, or of that before.
      expect(unsent).to.have.length.greaterThan(20);
      for (const [index, bytes] of unsent.slice(1, -1).entries()) {
        expect(bytes, `after part ${String(index + 1)}`).to.be.lessThan(unsent[index] ?? 0);
      }
    } finally {
      client.terminate();
      server.close();
    }
  });

  /** A connection without buffers of a kernel. */
  function heldLink(): {
    readonly served: Duplex;
    readonly client: Duplex;
    /** From now on what the server writes waits. */
    hold(): void;
    /** @returns false: nothing waits */
    deliverOne(): boolean;
  } {
    const waiting: (() => void)[] = [];
    let isHeld = false;
    const served: Duplex = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        const deliver = (): void => {
          client.push(chunk);
          done();
        };
        if (isHeld) waiting.push(deliver);
        else deliver();
      },
    });
    const client: Duplex = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        served.push(chunk);
        done();
      },
    });
    return {
      served,
      client,
      hold: () => {
        isHeld = true;
      },
      deliverOne: () => {
        const deliver = waiting.shift();
        deliver?.();
        return deliver !== undefined;
      },
    };
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
