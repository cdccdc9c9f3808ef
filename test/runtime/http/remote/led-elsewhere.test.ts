/** Servers of which one refuses, and names the leader; the client asks there with the same token. */
import { expect } from 'chai';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readFileSync } from 'node:fs';
import { AppError } from '../../../../runtime/errors.ts';
import { problemOf } from '../../../../runtime/http/problem.ts';
import { createHttpsClient } from '../../../../runtime/http/remote/https-client.ts';
import { LedElsewhere } from '../../../../runtime/http/remote/led-elsewhere.ts';
import type { Answer } from '../../../../runtime/http/unix-client.ts';
import { failure } from '../../../support/failure.ts';
import { freePort } from '../../../support/servers/free-port.ts';
import {
  makeAuthority,
  makeSignedCertificate,
  type Certificate,
} from '../../../support/servers/certificate.ts';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly body: string;
}

describe('the client of a server that names the leader', () => {
  let folder: string;
  let authority: Certificate;
  let certificates: Record<'address' | 'name' | 'other' | 'foreign', Certificate>;
  let servers: Server[];
  let tokenFile: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-leader-'));
    tokenFile = path.join(folder, 'token');
    await writeFile(tokenFile, 'the-token', { mode: 0o600 });
    authority = makeAuthority(folder, 'ca');
    const foreign = makeAuthority(folder, 'foreign-ca');
    const make = (name: string, forWhom: string, by = authority): Certificate =>
      makeSignedCertificate(folder, name, forWhom, by);
    certificates = {
      address: make('address', 'IP:127.0.0.1'),
      name: make('name', 'DNS:localhost'),
      other: make('other', 'DNS:elsewhere.example.org'),
      foreign: make('foreign', 'IP:127.0.0.1', foreign),
    };
  });
  after(() => rm(folder, { recursive: true }));
  beforeEach(() => {
    servers = [];
  });
  afterEach(() => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  });

  /** @param leader the port of the leader that it names; absent: it answers itself */
  const start = async (
    { certFile, keyFile }: Certificate,
    leader?: (own: number) => string,
  ): Promise<{ readonly port: number; readonly seen: readonly Seen[] }> => {
    const seen: Seen[] = [];
    let port = 0;
    const tls = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
    const server = createServer(tls, (request, response) => {
      void textOf(request).then((body) => {
        const { method, url, headers } = request;
        seen.push({ method, url, authorization: headers.authorization, body });
        if (leader === undefined) return response.end('{}');
        const refused = new LedElsewhere('not-ready', 'cannot let people in: this one stands by', {
          leader: leader(port),
        });
        response.writeHead(503, { 'content-type': 'application/problem+json' });
        return response.end(JSON.stringify(problemOf(refused)));
      });
    });
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const bound = server.address();
    port = typeof bound === 'object' ? (bound?.port ?? 0) : 0;
    return { port, seen };
  };
  const push = (host: string, { port }: { readonly port: number }): Promise<Answer> =>
    createHttpsClient({
      url: `https://${host}:${String(port)}`,
      caFile: authority.certFile,
      tokenFile,
    }).request({ method: 'PUT', path: '/v1/config?wait=1', body: 'a: 1' });

  it('sends the request once more, to the leader', async () => {
    const leader = await start(certificates.address);
    const standby = await start(certificates.address, () => at(leader));
    expect((await push('127.0.0.1', standby)).status).to.equal(200);
    const expected = [
      { method: 'PUT', url: '/v1/config?wait=1', authorization: 'Bearer the-token', body: 'a: 1' },
    ];
    expect(standby.seen).to.deep.equal(expected);
    expect(leader.seen).to.deep.equal(expected);
  });

  it('takes a certificate for the name that the person gave, as of a name with all addresses', async () => {
    const leader = await start(certificates.name);
    const standby = await start(certificates.name, () => at(leader));
    expect((await push('localhost', standby)).status).to.equal(200);
    expect(leader.seen).to.have.length(1);
  });

  for (const [what, certificate, why] of [
    [
      'for another host',
      'other',
      'its certificate is for another name or address; use one that it has: ',
    ],
    ['of another authority', 'foreign', 'its certificate is of an unknown authority'],
  ] as const) {
    it(`sends nothing to a leader with a certificate ${what}`, async () => {
      const leader = await start(certificates[certificate]);
      const standby = await start(certificates.address, () => at(leader));
      const refused = await failure(push('127.0.0.1', standby));
      expect(refused.message).to.contain(
        `cannot connect to "${at(leader)}", the leader by the answer of "${at(standby)}": `,
      );
      expect(refused.message).to.contain(why);
      expect(leader.seen).to.deep.equal([]);
    });
  }

  it('says what it was told, and why the leader does not answer', async () => {
    const port = await freePort();
    const standby = await start(certificates.address, () => at({ port }));
    const refused = await failure(push('127.0.0.1', standby));
    expect(refused).to.include({ code: 'not-listening', retryable: true });
    expect(refused.message).to.match(
      /^cannot connect to .*; "https:.*" answered: cannot let people in: this one stands by$/,
    );
  });

  it('follows one time, also where the leader names itself', async () => {
    const standby = await start(certificates.address, (own) => at({ port: own }));
    const refused = await failure(push('127.0.0.1', standby));
    expect(refused.code).to.equal('not-ready');
    expect(refused.message).to.equal('cannot let people in: this one stands by');
    expect(standby.seen).to.have.length(2);
  });

  it('does not follow to an address without TLS, or to anything but an address', async () => {
    for (const leader of [
      'http://127.0.0.1:7844',
      'https://user@127.0.0.1:7844',
      'https://127.0.0.1:7844/elsewhere',
      'https://127.0.0.1:99999',
      '127.0.0.1:7844',
    ]) {
      const standby = await start(certificates.address, () => leader);
      const refused = await failure(push('127.0.0.1', standby));
      expect(refused).to.be.instanceOf(AppError).and.not.instanceOf(LedElsewhere);
      expect(standby.seen).to.have.length(1);
    }
  });
});

function at({ port }: { readonly port: number }): string {
  return `https://127.0.0.1:${String(port)}`;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
