import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { createConnection } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { closeAtOnce } from '../../../runtime/http/bounded-server.ts';
import { peerCredentials, type PeerCredentials } from '../../../runtime/http/peer-credentials.ts';
import { json, type HttpRequest, type Route } from '../../../runtime/http/route.ts';
import { createRequestListener } from '../../../runtime/http/server.ts';
import { silentLogger } from '../../../runtime/log/logger.ts';
import { listenOnSocket } from '../../../runtime/http/unix-socket.ts';

describe('the user at the other end of a unix socket', function () {
  this.timeout(30_000);
  let folder: string;
  let socket: string;
  let server: http.Server;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-peer-'));
    socket = path.join(folder, 'a.sock');
  });
  afterEach(async () => {
    await closeAtOnce(server);
    await rm(folder, { recursive: true });
  });

  it('is known also while others are asked about', async () => {
    server = http.createServer();
    await listenOnSocket(server, socket, { mode: 0o600 });
    const client = createConnection(socket);
    const [connection] = await once(server, 'connection');
    const asked = await Promise.all(Array.from({ length: 9 }, () => peerCredentials(connection)));
    expect(asked.map((known) => known?.pid)).to.deep.equal(asked.map(() => process.pid));
    client.destroy();
  });

  it('is known for the whole request, also when the client leaves', async () => {
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const handled = new Promise<HttpRequest>((resolve) => {
      const route: Route = {
        method: 'POST',
        path: '/v1/thing',
        access: 'write',
        handle: async (request) => {
          resolve(request);
          await ended;
          return json({});
        },
      };
      const options = { access: 'write', logger: silentLogger } as const;
      server = http.createServer(createRequestListener([route], options));
    });
    await listenOnSocket(server, socket, { mode: 0o600 });
    const client = createConnection(socket);
    const [connection] = await once(server, 'connection');
    client.write('POST /v1/thing HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
    const request = await handled;
    const left = once(connection, 'close');
    client.destroy();
    await left;
    const known: PeerCredentials | undefined = await request.caller();
    expect(known?.pid).to.equal(process.pid);
    expect(request.caller()).to.equal(request.caller());
    end();
  });
});
