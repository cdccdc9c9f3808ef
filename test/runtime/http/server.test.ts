import { expect } from 'chai';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { createConnection } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AppError, fromSystemError } from '../../../runtime/errors.ts';
import { json, type Route } from '../../../runtime/http/route.ts';
import { createRequestListener } from '../../../runtime/http/server.ts';
import { silentLogger } from '../../../runtime/log/logger.ts';
import { createUnixHttpClient, type UnixHttpClient } from '../../../runtime/http/unix-client.ts';
import { listenOnSocket } from '../../../runtime/http/unix-socket.ts';
import { failure } from '../../support/failure.ts';
import { closeAtOnce } from '../../../runtime/http/bounded-server.ts';

const routes: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/thing',
    access: 'read',
    query: ['q'],
    handle: ({ query }) => json({ q: query.get('q') }),
  },
  {
    method: 'PUT',
    path: '/v1/thing',
    access: 'write',
    body: { maxBytes: 1000, mediaTypes: ['application/json', 'application/yaml'] },
    handle: ({ body, mediaType }) => json({ length: body.length, mediaType }),
  },
  {
    method: 'GET',
    path: '/v1/refusing',
    access: 'read',
    handle: () => {
      throw new AppError('rejected-before', 'cannot apply it again', {
        issues: [{ severity: 'error', code: 'some-code', pointer: '/a', message: 'wrong' }],
      });
    },
  },
  {
    method: 'GET',
    path: '/v1/broken',
    access: 'read',
    handle: () => {
      throw new TypeError('secret inner detail');
    },
  },
];

describe('a client who is revoked while its request waits', () => {
  it('does not get the answer', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-http-'));
    const socket = path.join(folder, 'a.sock');
    let isRevoked = false;
    const gate = (): { readonly name: string; readonly how: string; readonly address: string } => {
      if (isRevoked) throw new AppError('unauthorized', 'the token was revoked');
      return { name: 'ann', how: 'token 1', address: '::1' };
    };
    const next: Route = {
      method: 'GET',
      path: '/v1/next',
      access: 'read',
      query: ['wait'],
      handle: () => {
        isRevoked = true;
        return json({ secret: 1 });
      },
    };
    const listener = createRequestListener([next], { access: 'write', logger: silentLogger, gate });
    const server = http.createServer(listener);
    try {
      await listenOnSocket(server, socket, { mode: 0o660 });
      const { request } = createUnixHttpClient(socket, { startHint: 'start me' });
      const refused = await failure(request({ method: 'GET', path: '/v1/next?wait=30' }));
      expect(refused.code).to.equal('unauthorized');
    } finally {
      await closeAtOnce(server);
      await rm(folder, { recursive: true });
    }
  });
});

describe('a daemon that ends before it answers', () => {
  it('is told in own words, with what it means for a change', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-http-'));
    const socket = path.join(folder, 'a.sock');
    const server = http.createServer((message) => message.socket.destroy());
    try {
      await listenOnSocket(server, socket, { mode: 0o660 });
      const { request } = createUnixHttpClient(socket, { startHint: 'start me' });
      const read = await failure(request({ method: 'GET', path: '/v1/status' }));
      const what = `cannot talk to "${socket}": the connection ended before the answer`;
      expect(read).to.include({ message: what, retryable: true });
      const changed = await failure(request({ method: 'PUT', path: '/v1/config', body: 'a: 1' }));
      expect(changed.message).to.equal(
        `${what}; the change may be stored or not: look at the status before you try again`,
      );
    } finally {
      await closeAtOnce(server);
      await rm(folder, { recursive: true });
    }
  });
});

describe('a path that is too long for a socket', () => {
  it('is refused with the limit', async () => {
    const socket = path.join(tmpdir(), 'x'.repeat(108 - tmpdir().length - 1));
    const refused = await failure(listenOnSocket(http.createServer(), socket, { mode: 0o660 }));
    const reason = 'the path of a socket has at most 107 bytes; name a shorter one';
    expect(refused.message).to.equal(`cannot listen on "${socket}": ${reason}`);
    const client = createUnixHttpClient(socket, { startHint: '' });
    const asked = await failure(client.request({ method: 'GET', path: '/v1/status' }));
    expect(asked.message).to.equal(`cannot connect to "${socket}": ${reason}`);
  });
});

describe('an address on which nobody can listen', () => {
  it('is told in own words', () => {
    const texts = ['EADDRINUSE', 'EADDRNOTAVAIL', 'ENOTFOUND'].map((code) => {
      const error = Object.assign(new Error(`listen ${code}: raw text`), { code });
      return fromSystemError('cannot listen', error).message;
    });
    expect(texts).to.deep.equal([
      'cannot listen: another process listens there',
      'cannot listen: this machine does not have that address',
      'cannot listen: there is no such host name',
    ]);
  });
});

describe('a route table on a unix socket', () => {
  let folder: string;
  let socket: string;
  let server: http.Server;
  let client: UnixHttpClient;
  let logged: string[];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-http-'));
    socket = path.join(folder, 'a.sock');
    logged = [];
    const logger = { error: (message: string) => void logged.push(message) };
    server = http.createServer(createRequestListener(routes, { access: 'write', logger }));
    await listenOnSocket(server, socket, { mode: 0o660 });
    client = createUnixHttpClient(socket, { startHint: 'start me' });
  });
  afterEach(async () => {
    await closeAtOnce(server);
    await rm(folder, { recursive: true });
  });

  it('answers with the parsed query', async () => {
    const answer = await client.request({ method: 'GET', path: '/v1/thing?q=a%20b' });
    expect(JSON.parse(answer.body)).to.deep.equal({ q: 'a b' });
  });

  it('takes a body of a type that the route names, with parameters', async () => {
    const answer = await client.request({
      method: 'PUT',
      path: '/v1/thing',
      body: 'a: ü',
      mediaType: 'Application/YAML; charset=utf-8',
    });
    expect(JSON.parse(answer.body)).to.deep.equal({ length: 4, mediaType: 'application/yaml' });
  });

  const refusals: readonly [string, Parameters<UnixHttpClient['request']>[0], string, RegExp][] = [
    ['an unknown path', { method: 'GET', path: '/v2/thing' }, 'not-found', /"\/v2\/thing"/],
    [
      'a method that the path does not take',
      { method: 'DELETE', path: '/v1/thing' },
      'method-not-allowed',
      /GET, PUT/,
    ],
    [
      'a body of another type',
      { method: 'PUT', path: '/v1/thing', body: 'x', mediaType: 'text/plain' },
      'unsupported-media-type',
      /application\/json or application\/yaml/,
    ],
    [
      'a body in another charset',
      {
        method: 'PUT',
        path: '/v1/thing',
        body: 'x',
        mediaType: 'application/json; charset=UTF-16',
      },
      'unsupported-media-type',
      /its charset is "UTF-16"; send it in UTF-8/,
    ],
    [
      'a body that is too large by its length',
      { method: 'PUT', path: '/v1/thing', body: 'x'.repeat(10_000_000) },
      'payload-too-large',
      /1000 bytes/,
    ],
    [
      'what its handler refuses',
      { method: 'GET', path: '/v1/refusing' },
      'rejected-before',
      /cannot apply/,
    ],
  ];
  for (const [what, request, code, text] of refusals) {
    it(`refuses ${what} with a problem document`, async () => {
      const error = await failure(client.request(request));
      expect(error.code).to.equal(code);
      expect(error.message).to.match(text);
    });
  }

  it('passes the issues of a refusal on', async () => {
    const error = await failure(client.request({ method: 'GET', path: '/v1/refusing' }));
    expect(error.issues).to.deep.equal([
      { severity: 'error', code: 'some-code', pointer: '/a', message: 'wrong' },
    ]);
  });

  it('shows nothing of an unexpected error, and logs it', async () => {
    const error = await failure(client.request({ method: 'GET', path: '/v1/broken' }));
    expect(error.code).to.equal('internal');
    expect(error.message).to.not.contain('secret');
    expect(logged).to.have.length(1);
  });

  it('refuses a body that grows too large while it is read, and one that is not UTF-8', async () => {
    expect(await putRaw(socket, [Buffer.alloc(900, 'a'), Buffer.alloc(900, 'a')])).to.equal(413);
    expect(await putRaw(socket, [Buffer.from([0xff, 0xfe])])).to.equal(400);
  });

  it('refuses a body that is compressed, and takes one that is said to be as it is', async () => {
    const body = [Buffer.from('a')];
    expect(await putRaw(socket, body, 'content-encoding: gzip\r\n')).to.equal(415);
    expect(await putRaw(socket, body, 'content-encoding: Identity\r\n')).to.equal(200);
  });

  it('gives its socket the configured mode', async () => {
    expect((await stat(socket)).mode & 0o777).to.equal(0o660);
  });

  it('serves only reading routes on a read-only socket', async () => {
    const readSocket = path.join(folder, 'read.sock');
    const reader = http.createServer(
      createRequestListener(routes, { access: 'read', logger: silentLogger }),
    );
    await listenOnSocket(reader, readSocket, { mode: 0o666 });
    try {
      const readClient = createUnixHttpClient(readSocket, { startHint: '' });
      expect((await readClient.request({ method: 'GET', path: '/v1/thing' })).status).to.equal(200);
      const error = await failure(
        readClient.request({ method: 'PUT', path: '/v1/thing', body: '{}' }),
      );
      expect(error.code).to.equal('access-denied');
    } finally {
      await closeAtOnce(reader);
    }
  });

  it('does not take the socket of a living server, nor a file that is not a socket', async () => {
    const second = http.createServer();
    const error = await failure(listenOnSocket(second, socket, { mode: 0o660 }));
    expect(error.code).to.equal('already-running');
    const file = path.join(folder, 'file');
    await writeFile(file, 'precious');
    expect((await failure(listenOnSocket(second, file, { mode: 0o660 }))).message).to.contain(
      'not a socket',
    );
  });

  it('takes the place of a socket whose server died', async () => {
    const stale = path.join(folder, 'stale.sock');
    const { spawnSync } = await import('node:child_process');
    const script = `require('node:net').createServer().listen(${JSON.stringify(stale)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script]);
    expect((await stat(stale)).isSocket()).to.equal(true);
    const next = http.createServer();
    await listenOnSocket(next, stale, { mode: 0o600 });
    next.close();
  });

  it('says how to start the daemon when none listens', async () => {
    const nobody = createUnixHttpClient(path.join(folder, 'none.sock'), {
      startHint: 'calico-agent run',
    });
    const error = await failure(nobody.request({ method: 'GET', path: '/v1/thing' }));
    expect(error.code).to.equal('not-listening');
    expect(error.message).to.contain('calico-agent run');
  });

  it('lets a client give up when no answer comes', async () => {
    const silent = http.createServer(() => undefined);
    const silentSocket = path.join(folder, 'silent.sock');
    await listenOnSocket(silent, silentSocket, { mode: 0o600 });
    const silentClient = createUnixHttpClient(silentSocket, { startHint: '' });
    const error = await failure(silentClient.request({ method: 'GET', path: '/', timeoutMs: 20 }));
    expect(error.code).to.equal('timeout');
    await closeAtOnce(silent);
  });
});

async function putRaw(socket: string, chunks: readonly Buffer[], headers = ''): Promise<number> {
  const connection = createConnection(socket);
  connection.write(
    `PUT /v1/thing HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${headers}transfer-encoding: chunked\r\n\r\n`,
  );
  for (const chunk of chunks) {
    connection.write(`${chunk.length.toString(16)}\r\n`);
    connection.write(chunk);
    connection.write('\r\n');
  }
  connection.write('0\r\n\r\n');
  const [data]: unknown[] = await once(connection, 'data');
  connection.destroy();
  return Number(String(data).split(' ')[1]);
}
