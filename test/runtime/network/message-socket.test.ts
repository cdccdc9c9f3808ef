import { expect } from 'chai';
import { once } from 'node:events';
import { WebSocket, WebSocketServer } from 'ws';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { messageSocket } from '../../../runtime/network/message-socket.ts';
import { eventually } from '../../support/eventually.ts';
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
});
