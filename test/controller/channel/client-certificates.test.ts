import { expect } from 'chai';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import {
  presentsCertificate,
  readCertificate,
} from '../../../controller/channel/client-certificates.ts';
import { publicKeyOf, writeCertificate } from '../../../runtime/x509/certificate.ts';

function portOf(address: ReturnType<Server['address']>): number {
  if (typeof address === 'object' && address !== null) return address.port;
  throw new Error('the server has no port');
}

describe('the certificate of an agent that sends its authority too', () => {
  const keyOf = (): string => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  };
  const [authorityKey, key] = [keyOf(), keyOf()];
  const times = { validFrom: Date.now() - 60_000, validUntil: Date.now() + 3_600_000 };

  it('is read without taking what OpenSSL frees at the end of the connection', async () => {
    const content = { commonName: 'ca', publicKey: publicKeyOf(authorityKey), ...times };
    const authority = await writeCertificate(
      { ...content, use: { for: 'authority' } },
      { key: authorityKey },
    );
    const names = [{ uri: 'calico-agent://prod/node/node-0' }];
    const certificate = await writeCertificate(
      {
        ...{ commonName: 'node-0', publicKey: publicKeyOf(key), ...times },
        use: { for: 'client', names },
      },
      { certificate: authority, key: authorityKey },
    );
    const chain = `${certificate}${authority}`;
    const trust = { cert: chain, key, ca: authority };
    const server = createServer({ ...trust, requestCert: true, rejectUnauthorized: false });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const accepted = new Promise<TLSSocket>((resolve) => server.once('secureConnection', resolve));
    const port = portOf(server.address());
    const client = connect({ ...trust, port, rejectUnauthorized: false });
    const socket = await accepted;
    try {
      expect(presentsCertificate(socket)).to.equal(true);
      const served = { cluster: 'prod', mustNameCluster: true };
      expect(readCertificate({ socket }, served, Date.now())).to.deep.include({
        kind: 'certified',
      });
      // Node.js takes the authority's certificate out of OpenSSL's list when it is asked like this, and never frees it.
      expect(socket.getPeerX509Certificate()?.issuerCertificate).not.to.equal(undefined);
    } finally {
      for (const end of [client, socket]) end.destroy();
      server.close();
    }
  });
});
