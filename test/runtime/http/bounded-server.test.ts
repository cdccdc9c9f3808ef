import { expect } from 'chai';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { json, type Route } from '../../../runtime/http/route.ts';
import { closeAtOnce, createBoundedServer } from '../../../runtime/http/bounded-server.ts';
import type { ServingLimits } from '../../../runtime/http/limits.ts';
import { createUnixHttpClient, type UnixHttpClient } from '../../../runtime/http/unix-client.ts';
import { listenOnSocket } from '../../../runtime/http/unix-socket.ts';
import { eventually } from '../../support/eventually.ts';
import { failure } from '../../support/failure.ts';

const limits: ServingLimits = {
  connections: 3,
  pipelined: 2,
  requests: 2,
  bodyBytes: 1000,
  answerBytes: 1024 * 1024,
  roomMs: 100,
  headersMs: 10_000,
  requestMs: 10_000,
  idleMs: 10_000,
  answerMs: 10_000,
};
const large = 'x'.repeat(1024 * 1024 - 20);

describe('a bounded server', () => {
  let folder: string;
  let socket: string;
  let server: Server | undefined;
  let client: UnixHttpClient;
  let logged: string[];
  /** Requests to /v1/slow that wait for their answer. */
  let slow: (() => void)[];

  const routes: readonly Route[] = [
    { method: 'GET', path: '/v1/status', access: 'read', isCheap: true, handle: () => json(1) },
    { method: 'GET', path: '/v1/quick', access: 'read', handle: () => json(2) },
    { method: 'GET', path: '/v1/large', access: 'read', handle: () => json(large) },
    {
      method: 'GET',
      path: '/v1/slow',
      access: 'read',
      query: ['n'],
      handle: ({ query }) =>
        new Promise((resolve) => slow.push(() => resolve(json(query.get('n'))))),
    },
    {
      method: 'PUT',
      path: '/v1/thing',
      access: 'write',
      body: { maxBytes: 800, mediaTypes: ['application/json'] },
      handle: ({ body }) => json(body.length),
    },
  ];
  const serve = async (changes: Partial<ServingLimits> = {}): Promise<void> => {
    const log = (message: string): void => void logged.push(message);
    server = createBoundedServer(routes, {
      name: 'a.sock',
      access: 'write',
      limits: { ...limits, ...changes },
      logger: { warn: log, error: log },
    });
    await listenOnSocket(server, socket, { mode: 0o600 });
  };
  const connect = async (): Promise<Socket> => {
    const connection = createConnection(socket);
    connection.on('error', () => undefined);
    await once(connection, 'connect');
    return connection;
  };

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-bounded-'));
    socket = path.join(folder, 'a.sock');
    logged = [];
    slow = [];
    client = createUnixHttpClient(socket, { startHint: '' });
  });
  afterEach(async () => {
    if (server !== undefined) await closeAtOnce(server);
    await rm(folder, { recursive: true });
  });

  it('answers one request of a connection at a time, in order', async () => {
    await serve();
    const connection = await connect();
    connection.write(get('/v1/slow?n=first') + get('/v1/slow?n=second'));
    await eventually(() => expect(slow).to.have.length(1));
    slow.shift()?.();
    const [first]: unknown[] = await once(connection, 'data');
    expect(String(first)).to.contain('"first"');
    await eventually(() => expect(slow).to.have.length(1));
    slow.shift()?.();
    const [second]: unknown[] = await once(connection, 'data');
    expect(String(second)).to.contain('"second"');
  });

  it('hangs up on a connection whose requests pile up', async () => {
    await serve();
    const connection = await connect();
    connection.write(get('/v1/slow').repeat(4));
    await once(connection, 'close');
    expect(slow).to.have.length(1);
    expect(logged).to.deep.equal([
      'closed a connection to a.sock: requests without reading the answers',
    ]);
  });

  it('refuses expensive requests while enough are in progress, and still gives its status', async () => {
    await serve();
    const busy = await connect();
    busy.write(get('/v1/slow'));
    await eventually(() => expect(slow).to.have.length(1));
    const idle = [await connect(), await connect()];
    const gone = idle.map((one) => once(one, 'close'));
    expect((await client.request({ method: 'GET', path: '/v1/status' })).body).to.equal('1');
    await gone[0];
    expect([busy.destroyed, idle[1]?.destroyed]).to.deep.equal([false, false]);
    expect(logged).to.deep.equal(['closed a connection to a.sock: too many connections']);
  });

  it('refuses what is expensive while enough is worked on, and still tells its status', async () => {
    await serve({ connections: 10 });
    const connections = [await connect(), await connect()];
    for (const connection of connections) connection.write(get('/v1/slow'));
    await eventually(() => expect(slow).to.have.length(2));
    const error = await failure(client.request({ method: 'GET', path: '/v1/quick' }));
    expect(error.code).to.equal('busy');
    expect((await client.request({ method: 'GET', path: '/v1/status' })).status).to.equal(200);
    for (const answer of slow) answer();
    await eventually(() => client.request({ method: 'GET', path: '/v1/quick' }));
  });

  it('counts the work for clients that went away', async () => {
    await serve({ connections: 10 });
    for (const connection of [await connect(), await connect()]) {
      connection.write(get('/v1/slow'), () => connection.destroy());
    }
    await eventually(() => expect(slow).to.have.length(2));
    expect((await failure(client.request({ method: 'GET', path: '/v1/quick' }))).code).to.equal(
      'busy',
    );
  });

  it('holds a bounded number of bytes of bodies, and takes more when their requests are answered', async () => {
    await serve({ requests: 10, connections: 10 });
    const connection = await connect();
    connection.write(put(700, 'x'.repeat(600)));
    const ask = (): Promise<unknown> =>
      client.request({ method: 'PUT', path: '/v1/thing', body: 'y'.repeat(700) });
    await eventually(async () => expect((await failure(ask())).code).to.equal('busy'));
    connection.write('x'.repeat(100));
    await once(connection, 'data');
    await ask();
  });

  it('ends a request that does not end, and a silent connection', async () => {
    await serve({ headersMs: 200, requestMs: 200 });
    const body = await connect();
    body.write(put(700, 'x'));
    const silent = await connect();
    await Promise.all([body, silent].map((one) => once(one.resume(), 'close')));
    expect(logged).to.deep.equal(['closed a connection to a.sock: a request that does not end']);
  });

  it('hangs up on a client that does not read its answer, and refuses others until then', async () => {
    await serve({ answerMs: 500 });
    const connection = await connect();
    connection.pause();
    connection.write(get('/v1/large'));
    await eventually(async () => {
      const error = await failure(client.request({ method: 'GET', path: '/v1/large' }));
      expect(error.code).to.equal('busy');
    });
    await eventually(() => client.request({ method: 'GET', path: '/v1/large' }));
    expect(logged).to.deep.equal(['closed a connection to a.sock: answers that are not read']);
  });

  it('survives a connection that cannot be accepted', async () => {
    await serve();
    server?.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }));
    expect((await client.request({ method: 'GET', path: '/v1/status' })).status).to.equal(200);
    expect(logged).to.have.length(1);
  });
});

function get(resource: string): string {
  return `GET ${resource} HTTP/1.1\r\nhost: x\r\n\r\n`;
}

function put(length: number, begun: string): string {
  const head = `content-type: application/json\r\ncontent-length: ${String(length)}`;
  return `PUT /v1/thing HTTP/1.1\r\nhost: x\r\n${head}\r\n\r\n${begun}`;
}
