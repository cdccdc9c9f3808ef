import { expect } from 'chai';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WebSocketServer } from 'ws';
import { dial } from '../../../agent/channel/dial.ts';
import { createTlsSessions } from '../../../agent/channel/tls-session.ts';
import { silentLogger } from '../../../runtime/log/logger.ts';
import { textFrame } from '../../../runtime/network/text-frame.ts';
import { eventually } from '../../support/eventually.ts';

describe('dialling a controller', () => {
  it('tells that a part of a message has arrived', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-dial-'));
    const tokenFile = path.join(folder, 'token');
    await writeFile(tokenFile, 'a-token-for-this-test\n', { mode: 0o600 });
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    const streams: Socket[] = [];
    server.on('connection', (_socket, request) => streams.push(request.socket));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    let receivedBytes = (): number => 0;
    const taken: string[] = [];
    const stopping = new AbortController();
    const ended = dial(
      { url: `ws://127.0.0.1:${String(port)}`, tokenFile },
      {
        opened: (socket, received) => {
          receivedBytes = received;
          stopping.signal.addEventListener('abort', () => socket.terminate());
        },
        message: ({ type }) => taken.push(type),
        garbage: (reason) => taken.push(reason),
        failed: () => undefined,
      },
      { logger: silentLogger, handshakeMs: 60_000, sessions: createTlsSessions() },
      stopping.signal,
    );
    try {
      await eventually(() => expect(streams).to.have.length(1));
      streams[0]?.write(textFrame('x'.repeat(300_000)).whole.subarray(0, 200_000));
      await eventually(() => expect(receivedBytes()).to.be.greaterThan(199_999));
      expect(taken).to.deep.equal([]);
    } finally {
      stopping.abort();
      await ended;
      server.close();
      await rm(folder, { recursive: true });
    }
  });
});
