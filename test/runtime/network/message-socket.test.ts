import { expect } from 'chai';
import { once } from 'node:events';
import { WebSocket, WebSocketServer } from 'ws';
import { messageSocket } from '../../../runtime/network/message-socket.ts';
import { isChannelMessage } from '../../../schemas/generated/channel-message.validator.js';

describe('a socket that carries messages', () => {
  it('closes only itself when the handling of a message throws, and says what it was', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    const failures: unknown[] = [];
    const handled: unknown[] = [];
    server.on('connection', (socket) =>
      messageSocket(socket, isChannelMessage, {
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
});
