/** Agents that present a certificate in place of the shared token. */
import { expect } from 'chai';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, readFile, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import path from 'node:path';
import { TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import type { ControllerChannel } from '../../../agent/channel/connect-controller.ts';
import { createTlsSessions } from '../../../agent/channel/tls-session.ts';
import { closeCodes } from '../../../core/protocol/close.ts';
import { subprotocol } from '../../../core/protocol/messages.ts';
import type { EventsAnswer } from '../../../controller/api/events-route.ts';
import type { TlsFiles } from '../../../controller/channel/secrets.ts';
import { createUnixHttpClient } from '../../../runtime/http/unix-client.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import { eventually } from '../../support/eventually.ts';
import {
  hasOpenssl,
  makeAuthority,
  makeCertificate,
  makeDatedCertificate,
  makeSignedCertificate,
  type Certificate,
} from '../../support/servers/certificate.ts';
import { lacks } from '../../support/skips/needs.cjs';
import { MemoryAgent } from '../../support/twins/memory-agent.ts';
import { configWith, Lab } from '../running.ts';

describe('an agent with a certificate', () => {
  let lab: Lab;
  let authority: Certificate;
  let tls: TlsFiles;
  let logged: string[];
  const note = (message: string, fields?: object): void => {
    logged.push(`${message} ${JSON.stringify(fields ?? {})}`);
  };
  const logger: Logger = { debug: note, info: note, warn: note, error: note };

  before(function () {
    if (hasOpenssl()) return;
    lacks('the program openssl', 'openssl');
    this.skip();
  });
  beforeEach(async () => {
    logged = [];
    lab = await Lab.make();
    authority = makeAuthority(lab.folder, 'agents');
    const server = makeCertificate(lab.folder, 'server', 'IP:127.0.0.1');
    tls = { ...server, clientCaFile: authority.certFile };
  });
  afterEach(() => lab.close());

  const uri = (node: string, cluster = 'default'): string =>
    `URI:calico-agent://${cluster}/node/${node}`;
  const certificate = (name: string, names = uri(name)): Certificate =>
    makeSignedCertificate(lab.folder, `client-${name}`, names, authority);

  function connect(identity: Certificate | undefined, node = 'node-0'): ControllerChannel {
    const agent = new MemoryAgent({ name: node });
    const settings = { url: `wss://${lab.listen}`, caFile: tls.certFile };
    return identity === undefined
      ? lab.connect(agent, settings)
      : lab.connectWith(agent, { ...settings, identity });
  }
  const connected = (channel: ControllerChannel): Promise<void> =>
    eventually(() => expect(channel.state()).to.include({ connected: true }));
  const says = (channel: ControllerChannel, text: string): Promise<void> =>
    eventually(() => expect(channel.state().message).to.contain(text));

  const metrics = async (): Promise<string> => {
    const client = createUnixHttpClient(lab.socket, { startHint: '' });
    return (await client.request({ method: 'GET', path: '/metrics' })).body;
  };
  const refusedNodes = async (): Promise<readonly string[]> =>
    (await lab.ask<EventsAnswer>('GET', '/v1/events')).events
      .filter(({ kind }) => kind === 'identity-refused')
      .map(({ text }) => text);

  it('is its node, gets the configuration, and is shown with the end of its certificate', async function () {
    // The push starts the process that checks the configuration.
    this.timeout(180_000);
    await lab.startWithoutToken({ tls });
    await connected(connect(certificate('node-0')));
    const { ended } = await lab.push(configWith(64_600), 150);
    expect(ended).to.equal('all');
    const node = await lab.node('node-0');
    expect(Date.parse(node?.certificateUntil ?? '')).to.be.greaterThan(Date.now());
    expect((await lab.status()).withCertificate).to.equal(1);
  });

  it('may name its node in the common name, as existing authorities do', async () => {
    await lab.startWithoutToken({ tls });
    await connected(connect(certificate('x', 'DNS:x'), 'client-x'));
  });

  it('is refused under the name of another node, which keeps its connection', async () => {
    await lab.startWithoutToken({ tls }, logger);
    const victim = connect(certificate('node-0'));
    await connected(victim);
    const since = (await lab.node('node-0'))?.since;
    const impostor = connect(certificate('node-1'), 'node-0');
    await says(impostor, 'the certificate is for node "node-1", not "node-0"');
    expect((await lab.node('node-0'))?.since).to.equal(since);
    await eventually(() =>
      expect(logged.join('\n')).to.contain(
        'refused an agent: the certificate is for node "node-1", not "node-0"',
      ),
    );
    expect(await refusedNodes()).to.deep.equal([
      'node-1: an agent at 127.0.0.1 with the certificate of this node says that it is node-0, and was refused',
    ]);
    expect(await metrics()).to.match(/refused_identities_total\{reason="other-node"\} [1-9]/);
  });

  it('works beside agents with the shared token, which cannot take its place', async () => {
    await lab.start({ tls });
    await connected(connect(certificate('node-0')));
    await connected(connect(undefined, 'node-1'));
    expect((await lab.node('node-1'))?.certificateUntil).to.equal(undefined);
    const impostor = connect(undefined, 'node-0');
    await says(impostor, 'the node is connected by certificate');
    await lab.ask('POST', '/v1/revocations?name=node-2&by=test');
    await says(connect(undefined, 'node-2'), 'this node was revoked');
    expect(await refusedNodes()).to.deep.equal([
      'node-2: an agent at 127.0.0.1 says that it is this node, which was revoked, and was refused',
    ]);
    expect(await metrics()).to.match(/refused_identities_total\{reason="revoked-node"\} [1-9]/);
  });

  it('is needed where no shared token is accepted', async () => {
    await lab.startWithoutToken({ tls });
    await says(connect(undefined), 'the controller refuses the token');
  });

  it('says that the controller asks for no certificate', async () => {
    const { certFile, keyFile } = tls;
    await lab.start({ tls: { certFile, keyFile } });
    await says(connect(certificate('node-0')), 'takes the shared token only');
  });

  const faults: readonly [what: string, make: () => Certificate, says: string][] = [
    [
      'of another authority',
      () => makeSignedCertificate(lab.folder, 'c', uri('node-0'), makeAuthority(lab.folder, 'a2')),
      "is not signed by the controller's authority of agents",
    ],
    [
      'that has expired',
      () => dated(['20200101000000Z', '20210101000000Z']),
      'the certificate has expired',
    ],
    [
      'that is not valid yet',
      () => dated(['20990101000000Z', '20990201000000Z']),
      'not valid yet: compare the clocks',
    ],
    [
      'of another cluster',
      () => certificate('node-0', uri('node-0', 'other')),
      'the certificate is for another cluster',
    ],
    [
      'for servers',
      () => certificate('node-0', `${uri('node-0')}\nextendedKeyUsage=serverAuth`),
      'the certificate is not for clients (extended key usage)',
    ],
    [
      'of two nodes',
      () => certificate('node-0', `${uri('node-0')},${uri('node-1')}`),
      'does not name exactly one node',
    ],
  ];
  const dated = (times: readonly [string, string]): Certificate =>
    makeDatedCertificate(lab.folder, 'dated', uri('node-0'), authority, times);
  for (const [what, make, text] of faults) {
    it(`is refused with a certificate ${what}, and both sides say why`, async () => {
      await lab.start({ tls }, logger);
      await says(connect(make()), text);
      await eventually(() => expect(logged.join('\n')).to.contain(text));
      expect(await lab.node('node-0')).to.equal(undefined);
    });
  }

  it('is cut off and refused at once when its node is revoked, also after a restart', async () => {
    await lab.start({ tls });
    const own = certificate('node-0');
    const channel = connect(own);
    const other = connect(certificate('node-1'), 'node-1');
    await connected(channel);
    await connected(other);
    const { revoked } = await lab.ask<{ revoked: readonly { node: string }[] }>(
      'POST',
      '/v1/revocations?name=Node-0&by=test',
    );
    expect(revoked.map(({ node }) => node)).to.deep.equal(['node-0']);
    await says(channel, 'the certificate was revoked');
    const shown = { connected: false, revoked: true };
    await eventually(async () => expect(await lab.node('node-0')).to.include(shown));
    expect(await lab.node('node-1')).not.to.have.property('revoked');
    expect(other.state().connected).to.equal(true);
    const byToken = connect(undefined, 'node-0');
    await says(byToken, 'this node was revoked');
    await lab.stopController();
    await lab.start({ tls });
    // One agent only: two of one node would replace each other.
    const again = connect(own);
    await says(again, 'the certificate was revoked');
    await lab.ask('DELETE', '/v1/revocations?name=node-0');
    await connected(again);
    expect(await lab.node('node-0')).not.to.have.property('revoked');
  });

  it('is cut off when its node is revoked between the handshake and the first message', async () => {
    await lab.start({ tls });
    const { certFile, keyFile } = certificate('node-0');
    const [ca, cert, key] = await Promise.all(
      [tls.certFile, certFile, keyFile].map((file) => readFile(file, 'utf8')),
    );
    const url = `wss://${lab.listen}/v1/agents`;
    const socket = new WebSocket(url, [subprotocol], { ca, cert, key });
    await once(socket, 'open');
    const closed = once(socket, 'close');
    await lab.ask('POST', '/v1/revocations?name=node-0&by=test');
    const [code]: number[] = await closed;
    expect(code).to.equal(closeCodes.wrongIdentity);
  });

  it('is shown with the end of the one that its agent got meanwhile, also when it is away', async () => {
    await lab.start({ tls });
    const agent = new MemoryAgent({ name: 'node-0' });
    const url = `wss://${lab.listen}`;
    const identity = certificate('node-0');
    const channel = lab.connectWith(agent, { url, caFile: tls.certFile, identity });
    await connected(channel);
    const validUntil = '2099-01-01T00:00:00.000Z';
    const validFrom = '2026-01-01T00:00:00.000Z';
    agent.show({ certificate: { validFrom, validUntil, problem: 'ends-soon' } });
    const shown = { identity: 'certificate', certificateUntil: validUntil };
    await eventually(async () => expect(await lab.node('node-0')).to.include(shown));
    await channel.stop();
    await eventually(async () => expect(await lab.node('node-0')).to.include({ connected: false }));
    await lab.stopController();
    await lab.start({ tls });
    expect(await lab.node('node-0')).to.include(shown);
  });

  it('is judged by the new authority once the file of the authority has changed', async () => {
    await lab.startWithoutToken({ tls });
    const old = certificate('node-0');
    await connected(connect(old));
    const next = makeAuthority(lab.folder, 'a3');
    await copyFile(next.certFile, tls.clientCaFile ?? '');
    await lab.controller?.reload();
    await says(connect(old, 'node-0'), "is not signed by the controller's authority of agents");
    const body = await metrics();
    for (const [name, file] of [
      ['server', tls.certFile],
      ['authority', next.certFile],
    ] as const) {
      const end = Date.parse(new X509Certificate(await readFile(file)).validTo) / 1000;
      expect(body).to.contain(`ends_seconds{certificate="${name}"} ${String(end)}\n`);
    }
  });

  it('resumes its TLS session with a restarted controller, unless its credentials changed', async () => {
    const { certFile, keyFile } = certificate('node-0');
    const [ca, cert, key] = await Promise.all(
      [tls.certFile, certFile, keyFile].map((file) => readFile(file, 'utf8')),
    );
    const sessions = createTlsSessions();
    let trusted = ca;
    const isResumed = async (credentials: readonly string[]): Promise<boolean> => {
      const resuming = sessions.optionsFor(credentials);
      const url = `wss://${lab.listen}/v1/agents`;
      const socket = new WebSocket(url, [subprotocol], { ca: trusted, cert, key, ...resuming });
      const [response]: IncomingMessage[] = await once(socket, 'upgrade');
      const reused = response?.socket instanceof TLSSocket && response.socket.isSessionReused();
      socket.terminate();
      return reused;
    };
    await lab.startWithoutToken({ tls });
    const { listen } = lab;
    expect(await isResumed(['these'])).to.equal(false);
    await lab.stopController();
    await lab.startWithoutToken({ tls, listen });
    expect(await isResumed(['these'])).to.equal(true);
    expect(await isResumed(['others'])).to.equal(false);
    sessions.forget();
    expect(await isResumed(['others'])).to.equal(false);
    const file = path.join(lab.folder, 'state', 'tls-ticket-keys');
    expect(((await stat(file)).mode & 0o777).toString(8)).to.equal('600');
    // Another key of the controller ends the sessions.
    expect(await isResumed(['others'])).to.equal(true);
    const other = makeCertificate(lab.folder, 'other-server', 'IP:127.0.0.1');
    trusted = await readFile(other.certFile, 'utf8');
    await lab.stopController();
    await lab.startWithoutToken({ tls: { ...tls, ...other }, listen });
    expect(await isResumed(['others'])).to.equal(false);
  });
});
