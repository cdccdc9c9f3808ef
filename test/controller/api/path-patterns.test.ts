import { expect } from 'chai';
import { once } from 'node:events';
import http from 'node:http';
import { pathPatterns } from '../../../controller/api/path-patterns.ts';
import { closeAtOnce } from '../../../runtime/http/bounded-server.ts';
import { json, type Route } from '../../../runtime/http/route.ts';
import { createRequestListener } from '../../../runtime/http/server.ts';

const routes: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/things',
    access: 'read',
    query: ['q'],
    handle: ({ query }) => json({ all: true, q: query.getAll('q') }),
  },
  {
    method: 'GET',
    path: '/v1/things/{name}',
    access: 'read',
    handle: ({ parameters }) => json(parameters),
  },
  {
    method: 'DELETE',
    path: '/v1/things/{name}',
    access: 'write',
    query: ['x'],
    handle: ({ parameters }) => json(parameters),
  },
  {
    method: 'POST',
    path: '/v1/things/{name}/parts/{part}',
    access: 'write',
    handle: ({ parameters }) => json(parameters),
  },
];

describe('paths with parameters', () => {
  let server: http.Server;
  let port: number;

  before(async () => {
    const listener = createRequestListener(routes, {
      access: 'write',
      logger: { error: () => undefined },
      paths: pathPatterns,
    });
    server = http.createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = portOf(server.address());
  });
  after(() => closeAtOnce(server));

  /** Sends the path as it is; a client with URL objects would normalise it. */
  const ask = (
    method: string,
    path: string,
  ): Promise<{ readonly status?: number; readonly allow?: string; readonly body: string }> =>
    new Promise((resolve, reject) => {
      const request = http.request({ port, host: '127.0.0.1', method, path }, (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (part: string) => (body += part));
        answer.on('end', () => {
          const { allow } = answer.headers;
          const { statusCode: status = 0 } = answer;
          resolve({ status, body, ...(allow !== undefined && { allow }) });
        });
      });
      request.on('error', reject).end();
    });

  const found: readonly [string, string, string, unknown][] = [
    ['a name', 'GET', '/v1/things/node-7', { name: 'node-7' }],
    ['a name with dots', 'GET', '/v1/things/a.b', { name: 'a.b' }],
    ['dots alone, which climb nowhere', 'GET', '/v1/things/..', { name: '..' }],
    ['encoded dots', 'GET', '/v1/things/%2e%2e', { name: '..' }],
    ['an encoded slash', 'GET', '/v1/things/a%2Fb', { name: 'a/b' }],
    ['an encoded percent sign, once', 'GET', '/v1/things/a%252Fb', { name: 'a%2Fb' }],
    ['other letters', 'GET', '/v1/things/%C3%BC', { name: 'ü' }],
    ['a semicolon', 'GET', '/v1/things/a;b=c', { name: 'a;b=c' }],
    ['a name of a property', 'GET', '/v1/things/__proto__', { name: '__proto__' }],
    ['two parameters', 'POST', '/v1/things/a/parts/b', { name: 'a', part: 'b' }],
    ['a query with a slash', 'DELETE', '/v1/things/a?x=/parts/b', { name: 'a' }],
    ['duplicate query parameters', 'GET', '/v1/things?q=1&q=2', { all: true, q: ['1', '2'] }],
  ];
  for (const [what, method, path, expected] of found) {
    it(`finds ${what}`, async () => {
      const { status, body } = await ask(method, path);
      expect(status, body).to.equal(200);
      expect(JSON.parse(body)).to.deep.equal(expected);
    });
  }

  const missing: readonly [string, string][] = [
    ['another path', '/v1/other'],
    ['other letters in a fixed part', '/v1/Things/a'],
    ['an empty name', '/v1/things/'],
    ['a second slash', '/v1//things/a'],
    ['a slash at the end', '/v1/things/a/'],
    ['a name that is too long', `/v1/things/${'a'.repeat(300)}`],
    ['a very long path', `/v1/${'a/'.repeat(2000)}`],
    ['a broken encoding', '/v1/things/%zz'],
  ];
  for (const [what, path] of missing) {
    it(`answers ${what} with 404 and a problem document`, async () => {
      const { status, body } = await ask('GET', path);
      expect(status).to.equal(404);
      expect(JSON.parse(body)).to.include({ code: 'not-found', status: 404 });
    });
  }

  it('answers another method with 405, and names those that the path takes', async () => {
    const { status, allow, body } = await ask('PUT', '/v1/things/a');
    expect(status).to.equal(405);
    expect(allow).to.equal('GET, HEAD, DELETE');
    expect(JSON.parse(body)).to.include({ code: 'method-not-allowed' });
    expect((await ask('PATCH', '/v1/things/a/parts/b')).allow).to.equal('POST');
  });

  it('answers HEAD as GET, without the body', async () => {
    expect(await ask('HEAD', '/v1/things/a')).to.deep.equal({ status: 200, body: '' });
    expect((await ask('HEAD', '/v1/things/a/parts/b')).status).to.equal(405);
  });

  it('refuses two routes with one path, also under other names', () => {
    const [, one] = routes;
    if (one === undefined) throw new Error('no route');
    expect(() => pathPatterns([one, { ...one, path: '/v1/things/{other}' }])).to.throw(/declared/);
  });
});

function portOf(address: ReturnType<http.Server['address']>): number {
  if (typeof address === 'object' && address !== null) return address.port;
  throw new Error('it does not listen on a port');
}
