/** The message for each way in which a connection fails, at real servers, by both clients. */
import { expect } from 'chai';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { createCalicoEtcd } from '../../../agent/adapters/calico-etcd/driver.ts';
import { createCalicoKubernetes } from '../../../agent/adapters/calico-kubernetes/driver.ts';
import {
  hasOpenssl,
  makeAuthority,
  makeDatedCertificate,
  makeSignedCertificate,
  type Certificate,
} from '../../support/servers/certificate.ts';
import { failure } from '../../support/failure.ts';
import { lacks } from '../../support/skips/needs.cjs';

interface Files {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

describe('a connection that fails', function () {
  this.timeout(30_000);
  let folder: string;
  let authority: Certificate;
  let other: Certificate;
  let client: Certificate;
  let strange: Certificate;
  const servers: Server[] = [];
  const sockets: Socket[] = [];
  before(function () {
    if (!hasOpenssl()) {
      lacks('the program openssl', 'openssl');
      this.skip();
    }
    folder = mkdtempSync(path.join(tmpdir(), 'calico-agent-tls-'));
    authority = makeAuthority(folder, 'authority');
    other = makeAuthority(folder, 'other');
    client = makeSignedCertificate(folder, 'client', 'DNS:client', authority);
    strange = makeSignedCertificate(folder, 'strange', 'DNS:client', other);
  });
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
    for (const socket of sockets.splice(0)) socket.destroy();
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const write = (name: string, text: string): string => {
    const file = path.join(folder, name);
    writeFileSync(file, text);
    return file;
  };
  const listen = async (server: Server): Promise<number> => {
    servers.push(server);
    server.on('connection', (socket: Socket) => void sockets.push(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  };
  const tlsServer = (
    forWhom: string,
    options: TlsOptions = {},
    one = makeSignedCertificate(folder, 'server', forWhom, authority),
  ): Promise<number> => {
    const server = createTlsServer({
      cert: readFileSync(one.certFile),
      key: readFileSync(one.keyFile),
      ALPNProtocols: ['h2', 'http/1.1'],
      ...options,
    });
    server.on('tlsClientError', () => undefined);
    server.on('secureConnection', (socket) => socket.on('error', () => undefined));
    return listen(server);
  };
  const askingForCertificates = (): Promise<number> =>
    tlsServer('IP:127.0.0.1', {
      ca: readFileSync(authority.certFile),
      requestCert: true,
      rejectUnauthorized: true,
    });
  const datedServer = (from: string, until: string): Promise<number> => {
    const where = 'IP:127.0.0.1';
    return tlsServer(
      where,
      {},
      makeDatedCertificate(folder, 'dated', where, authority, [from, until]),
    );
  };
  const plainServer = (): Promise<number> => listen(createHttpServer((_, answer) => answer.end()));

  for (const placeholder of ['DATA+OMITTED', 'REDACTED']) {
    it(`with ${placeholder} of kubectl config view names the way to the data`, async () => {
      const kubeconfig = write(
        'redacted',
        JSON.stringify({
          'current-context': 'a',
          contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
          clusters: [
            {
              name: 'a',
              cluster: {
                server: 'https://127.0.0.1:1',
                'certificate-authority-data': placeholder,
              },
            },
          ],
          users: [{ name: 'a', user: {} }],
        }),
      );
      const { datastore } = createCalicoKubernetes(
        { driver: 'kubernetes', kubeconfig },
        { node: () => 'node-a', clock: { now: () => '2026-01-01T00:00:00Z' }, environment: {} },
      );
      const { message } = await failure(datastore.observe('node-a'));
      await datastore.close();
      expect(message).to.contain('certificate-authority-data of').and.contain('--raw');
      expect(message).to.contain(kubeconfig);
    });
  }

  const closedPort = async (): Promise<number> => {
    const server = createServer();
    const port = await listen(server);
    server.close();
    return port;
  };
  const by = {
    etcd: async (url: string, files: Files): Promise<string> => {
      const { datastore } = createCalicoEtcd(
        { driver: 'etcd', endpoints: [url], timeoutSeconds: 2, ...files },
        { node: () => 'node-a', clock: { now: () => '2026-01-01T00:00:00Z' }, environment: {} },
      );
      const error = await failure(datastore.observe('node-a'));
      await datastore.close();
      return error.message;
    },
    kubernetes: async (url: string, files: Files): Promise<string> => {
      const { datastore } = createCalicoKubernetes(
        { driver: 'kubernetes', server: url, timeoutSeconds: 2, ...files },
        { node: () => 'node-a', clock: { now: () => '2026-01-01T00:00:00Z' }, environment: {} },
      );
      const error = await failure(datastore.observe('node-a'));
      await datastore.close();
      return error.message;
    },
  };
  /** Words of libraries, which do not help a person. */
  const raw =
    /UNAVAILABLE|Resolution note|PEM routines|error:0|use-system-ca|undefined|\(ERR_|SSL routines/;

  const ca = (): Files => ({ caFile: authority.certFile });
  const table: readonly {
    readonly what: string;
    readonly server: () => Promise<number>;
    readonly scheme?: 'http';
    readonly host?: string;
    readonly files: () => Files;
    readonly said: RegExp;
  }[] = [
    {
      what: 'at an unknown authority',
      server: () => tlsServer('IP:127.0.0.1'),
      files: () => ({ caFile: other.certFile }),
      said: /not signed by an authority that is known here/,
    },
    {
      what: 'at an authority that the system does not know',
      server: () => tlsServer('IP:127.0.0.1'),
      files: () => ({}),
      said: /not signed by an authority that is known here/,
    },
    {
      what: 'at another name',
      server: () => tlsServer('DNS:elsewhere.example'),
      files: ca,
      said: /its certificate is for another name/,
    },
    {
      what: 'at a certificate that has expired',
      server: () => datedServer('20200101000000Z', '20200201000000Z'),
      files: ca,
      said: /its certificate has expired: renew it there/,
    },
    {
      what: 'at a certificate that is not valid yet',
      server: () => datedServer('20990101000000Z', '20990201000000Z'),
      files: ca,
      said: /its certificate is not valid yet/,
    },
    {
      what: 'at plain HTTP under https',
      server: plainServer,
      files: ca,
      said: /does not speak TLS there/,
    },
    {
      what: 'at TLS under http',
      server: () => tlsServer('IP:127.0.0.1'),
      scheme: 'http',
      files: () => ({}),
      said: /https:\/\/|hung up/,
    },
    {
      what: 'where nobody listens',
      server: closedPort,
      files: ca,
      said: /no program listens there/,
    },
    {
      what: 'at a name that is none',
      server: closedPort,
      host: 'no-such-host.invalid',
      files: ca,
      said: /no such host name|the name service does not answer/,
    },
    {
      what: 'without the client certificate that is wanted',
      server: askingForCertificates,
      files: ca,
      said: /wants a client certificate|hung up/,
    },
    {
      what: 'with the client certificate of a stranger',
      server: askingForCertificates,
      files: () => ({ ...ca(), ...strange }),
      said: /refuses the client certificate|hung up/,
    },
    {
      what: 'at a server that takes the connection and says nothing',
      server: () => listen(createServer((socket) => void socket.on('error', () => undefined))),
      files: ca,
      said: /no answer in time|says nothing/,
    },
    {
      what: 'with a key of another certificate',
      server: plainServer,
      files: () => ({ ...ca(), certFile: client.certFile, keyFile: strange.keyFile }),
      said: /cannot use keyFile ".*strange.key": the key does not belong to the certificate of certFile/,
    },
    {
      what: 'with an authority that is no PEM',
      server: plainServer,
      files: () => ({ caFile: write('garbage.pem', 'garbage') }),
      said: /cannot use caFile ".*garbage.pem": there is no certificate in PEM form in it/,
    },
    {
      what: 'with an authority that is damaged',
      server: plainServer,
      files: () => ({
        caFile: write(
          'damaged.pem',
          '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
        ),
      }),
      said: /cannot use caFile ".*damaged.pem": its certificate is damaged/,
    },
    {
      what: 'with a key where the certificate belongs',
      server: plainServer,
      files: () => ({ ...ca(), certFile: client.keyFile, keyFile: client.keyFile }),
      said: /cannot use certFile ".*client.key": it is a private key, and no certificate/,
    },
    {
      what: 'with a certificate where the key belongs',
      server: plainServer,
      files: () => ({ ...ca(), certFile: client.certFile, keyFile: client.certFile }),
      said: /cannot use keyFile ".*client.pem": it is a certificate, and no private key/,
    },
    {
      what: 'with a file that is not there',
      server: plainServer,
      files: () => ({ caFile: path.join(folder, 'missing.pem') }),
      said: /missing.pem/,
    },
  ];
  for (const driver of ['etcd', 'kubernetes'] as const) {
    for (const { what, server, scheme = 'https', host = '127.0.0.1', files, said } of table) {
      it(`${what}, by ${driver}, names the remedy`, async () => {
        const port = await server();
        const message = await by[driver](`${scheme}://${host}:${String(port)}`, files());
        expect(message).to.match(said);
        expect(message).not.to.match(raw);
      });
    }
  }
});
