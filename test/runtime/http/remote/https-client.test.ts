/** The server of people on other machines: its URL, and other ports that answer there. */
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { addRemoteOptions } from '../../../../controller/cli/remote/remote-options.ts';
import { createHttpsClient } from '../../../../runtime/http/remote/https-client.ts';
import { failure } from '../../../support/failure.ts';
import { makeCertificate } from '../../../support/servers/certificate.ts';

describe('the URL of a server', () => {
  for (const url of [
    'https://ann:hunter2@localhost:7844',
    'https://ann:hunter2@localhost:99999',
    'http://ann:hunter2@localhost',
    'ann:hunter2@localhost',
    'https://ann:hun#ter2@localhost',
  ]) {
    it(`has no password, which no error repeats: ${url}`, async () => {
      const program = new Command();
      program
        .command('ask')
        .option('--socket <path>', '', 'default')
        .action(() => undefined);
      addRemoteOptions(program);
      for (const refused of [
        await failure(program.parseAsync(['--server', url, 'ask'], { from: 'user' })),
        await failure(Promise.resolve().then(() => createHttpsClient({ url }))),
      ]) {
        expect(refused.code).to.equal('usage');
        expect(refused.message).to.contain('its URL has a name or password');
        expect(refused.message).to.not.match(/ann:|hun|ter2/);
      }
    });
  }

  it('has nothing behind its port', () => {
    for (const more of ['/v1', '?x=1', '/?x', '#x', '?']) {
      const url = `https://localhost:7844${more}`;
      expect(() => createHttpsClient({ url }), url).to.throw('write https://HOST:PORT');
    }
  });

  it('is not that of the port of agents', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'calico-https-'));
    const { certFile, keyFile } = makeCertificate(folder, 'api', 'IP:127.0.0.1');
    const tls = { cert: readFileSync(certFile), key: readFileSync(keyFile) };
    const server = createServer(tls, (_request, response) => {
      response.writeHead(426).end();
    });
    try {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const bound = server.address();
      const port = typeof bound === 'object' ? (bound?.port ?? 0) : 0;
      const client = createHttpsClient({
        url: `https://127.0.0.1:${String(port)}`,
        caFile: certFile,
      });
      const refused = await failure(client.request({ method: 'GET', path: '/v1/status' }));
      expect(refused.message).to.contain('it is the port of agents; people have another one');
    } finally {
      server.close();
      await rm(folder, { recursive: true });
    }
  });
});
