import { expect } from 'chai';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:net';
import { connect, createServer, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { publicKeyOf, writeCertificate } from '../../../runtime/x509/certificate.ts';
import { elementsIn } from '../../../runtime/x509/der.ts';
import {
  presentedCertificate,
  type PresentedCertificate,
} from '../../../runtime/x509/presented-certificate.ts';

function portOf(address: ReturnType<Server['address']>): number {
  if (typeof address === 'object' && address !== null) return address.port;
  throw new Error('the server has no port');
}

describe('the certificate that a connection presents', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const uri = 'calico-agent://prod/node/node-0';
  const names = [{ dns: 'node-0' }, { uri }, { uri: 'spiffe://other' }, { ip: '10.0.0.1' }];
  const make = (until = '2049-12-31T23:59:59Z'): Promise<string> =>
    writeCertificate(
      {
        commonName: 'node-0',
        publicKey: publicKeyOf(key),
        validFrom: Date.parse('2020-02-29T01:02:03Z'),
        validUntil: Date.parse(until),
        use: { for: 'client', names },
      },
      { key },
    );

  interface Seen {
    readonly read: PresentedCertificate | undefined;
    /** What Node.js reads. */
    readonly until: number;
    readonly session: Buffer;
  }

  /** What the server reads when a client connects with these options. */
  async function seen(options: ConnectionOptions): Promise<Seen> {
    const cert = await make();
    const server = createServer({ cert, key, requestCert: true, rejectUnauthorized: false });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const ends: TLSSocket[] = [];
    try {
      const accepted = new Promise<TLSSocket>((resolve) =>
        server.once('secureConnection', resolve),
      );
      const port = portOf(server.address());
      ends.push(connect({ port, rejectUnauthorized: false, ...options }));
      const socket = await accepted;
      ends.push(socket);
      return {
        read: presentedCertificate(socket),
        until: Date.parse(socket.getPeerCertificate().valid_to),
        session: socket.getSession() ?? Buffer.alloc(0),
      };
    } finally {
      for (const one of ends) one.destroy();
      server.close();
    }
  }

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`is read as Node.js reads it, with ${version}`, async () => {
      const { read, until } = await seen({ cert: await make(), key, maxVersion: version });
      expect(read).to.deep.equal({
        validFrom: Date.parse('2020-02-29T01:02:03Z'),
        validUntil: Date.parse('2049-12-31T23:59:59Z'),
        uris: [uri, 'spiffe://other'],
      });
      expect(read?.validUntil).to.equal(until);
    });
  }

  it('may be valid until after 2049, which certificates write in another form', async () => {
    const { read } = await seen({ cert: await make('2050-01-01T00:00:00Z'), key });
    expect(read?.validUntil).to.equal(Date.parse('2050-01-01T00:00:00Z'));
  });

  it('is none where the client has none', async () => {
    expect((await seen({})).read).to.equal(undefined);
  });

  it('is never read out of a session that was cut', async () => {
    const { session } = await seen({ cert: await make(), key });
    for (let bytes = 0; bytes < session.length; bytes += 1) {
      const part = Buffer.from(session.subarray(0, bytes));
      const socket = { destroyed: false, getSession: () => part };
      expect(presentedCertificate(socket), String(bytes)).to.equal(undefined);
    }
  });
});

describe('elements of DER', () => {
  /** Tag and content of each. */
  function read(text: string): readonly [number, string][] | undefined {
    const bytes = Buffer.from(text, 'hex');
    const elements = elementsIn(bytes, { begin: 0, end: bytes.length });
    return elements?.map(({ tag, begin, end }) => [tag, bytes.toString('hex', begin, end)]);
  }

  it('follow each other, with lengths of one byte and of more', () => {
    const long = 'ab'.repeat(200);
    expect(read(`05000481c8${long}0203010001`)).to.deep.equal([
      [5, ''],
      [4, long],
      [2, '010001'],
    ]);
  });

  for (const [what, text] of [
    ['a length is missing', '04'],
    ['one ends after the bytes', '040301'],
    ['the bytes of a length are missing', '0482ff'],
    ['a length is open, as in BER', '30800000'],
    ['a tag has several bytes', '1f8100'],
  ] as const) {
    it(`are refused where ${what}`, () => {
      expect(read(text)).to.equal(undefined);
    });
  }
});
