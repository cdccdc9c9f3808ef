/**
 * A person set NODE_TLS_REJECT_UNAUTHORIZED=0: the built daemon verifies its peers all the same.
 */
import { expect } from 'chai';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { createUnixHttpClient } from '../../runtime/http/unix-client.ts';
import type { AgentStatus } from '../../schemas/generated/agent-status.ts';
import {
  hasOpenssl,
  makeAuthority,
  makeSignedCertificate,
  type Certificate,
} from '../support/servers/certificate.ts';
import { eventually } from '../support/eventually.ts';
import { lacks } from '../support/skips/needs.cjs';
import { startVictim, type Victim } from './processes/victim.ts';

const variable = 'NODE_TLS_REJECT_UNAUTHORIZED';
const token = 'a-token-for-tests-only';

describe(`a daemon with ${variable}=0`, function () {
  this.timeout(60_000);
  let folder: string;
  let trusted: Certificate;
  let agent: Victim;
  let server: Server;
  let port: number;
  let dials: number;
  let received: string;
  const at = (name: string): string => path.join(folder, name);

  before(function () {
    if (hasOpenssl()) return;
    lacks('the program openssl', 'openssl');
    this.skip();
  });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-tls-'));
    await writeFile(at('token'), token, { mode: 0o600 });
    trusted = makeAuthority(folder, 'trusted');
    const unknown = makeAuthority(folder, 'unknown');
    await listen(makeSignedCertificate(folder, 'server', 'IP:127.0.0.1', unknown));
  });
  afterEach(async () => {
    await agent.stop();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Records everything that a client sends once it has accepted the certificate. */
  const listen = async ({ certFile, keyFile }: Certificate): Promise<void> => {
    dials = 0;
    received = '';
    server = createServer({
      cert: readFileSync(certFile),
      key: readFileSync(keyFile),
      ALPNProtocols: ['h2', 'http/1.1'],
    });
    server.on('connection', () => (dials += 1));
    server.on('tlsClientError', () => undefined);
    server.on('secureConnection', (socket: TLSSocket) => {
      socket.on('error', () => undefined);
      socket.on('data', (data) => (received += data.toString('latin1')));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    port = typeof address === 'object' && address !== null ? address.port : 0;
  };
  const start = async (settings: object): Promise<void> => {
    const document = {
      apiVersion: 'calico-agent/v1',
      kind: 'AgentConfig',
      node: { name: 'node-0', addresses: ['10.0.0.2/24'] },
      stateDirectory: at('state'),
      socket: at('agent.sock'),
      statusSocket: at('status.sock'),
      ...settings,
    };
    await writeFile(at('agent.yaml'), JSON.stringify(document));
    const argv = ['run', '--config', at('agent.yaml')];
    agent = await startVictim('calico-agent', argv, at('agent.sock'), { [variable]: '0' });
  };
  const status = async (): Promise<AgentStatus> => {
    const { body } = await agent.status(at('agent.sock'));
    const document: AgentStatus = JSON.parse(body);
    return document;
  };
  const acceptConfiguration = async (): Promise<void> => {
    const client = createUnixHttpClient(at('agent.sock'), { startHint: '' });
    await client.request({
      method: 'PUT',
      path: '/v1/config',
      body: 'global-as-number: 64512\n',
      mediaType: 'application/yaml',
    });
  };
  const saidNothing = (): void => {
    expect(dials, 'dials').to.be.above(0);
    expect(received, 'what the server of an unknown authority was told').to.equal('');
    const named = agent.log.filter((line) => line.includes(variable));
    expect(named).to.have.length(1);
    expect(named[0]).to.contain(`${variable} in the environment is ignored`);
    expect(agent.log.join('\n')).not.to.contain(token);
  };

  it('sends no token to a controller of an unknown authority', async () => {
    await start({
      controller: {
        url: `wss://127.0.0.1:${String(port)}`,
        tokenFile: at('token'),
        caFile: trusted.certFile,
        reconnect: { baseSeconds: 0.1, capSeconds: 0.5 },
      },
    });
    await eventually(async () => {
      const { controller } = await status();
      expect(controller?.connected).to.equal(false);
      expect(controller?.message).to.match(/certificate/);
    });
    saidNothing();
  });

  it('sends nothing to an etcd of an unknown authority', async () => {
    const endpoints = [`https://127.0.0.1:${String(port)}`];
    const { certFile, keyFile } = makeSignedCertificate(folder, 'client', 'DNS:client', trusted);
    const tls = { caFile: trusted.certFile, certFile, keyFile };
    await start({ datastore: { driver: 'etcd', endpoints, timeoutSeconds: 2, ...tls } });
    await acceptConfiguration();
    await eventually(async () => expect(JSON.stringify(await status())).to.match(/certificate/));
    saidNothing();
  });

  it('sends no token to an API server of an unknown authority', async () => {
    const address = `https://127.0.0.1:${String(port)}`;
    const files = { tokenFile: at('token'), caFile: trusted.certFile };
    await start({
      datastore: { driver: 'kubernetes', server: address, timeoutSeconds: 2, ...files },
    });
    await acceptConfiguration();
    await eventually(async () => expect(JSON.stringify(await status())).to.match(/certificate/));
    saidNothing();
  });
});
