/**
 * The ways of docs/identities.md, whole: from the shared token over a plain connection to certificates of
 * the controller's own authority, and from another authority to ours and back. No node falls off.
 */
import { expect } from 'chai';
import { once } from 'node:events';
import { appendFile, copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import path from 'node:path';
import { enrol, type Enrolled, type Enrolment } from '../../../agent/app/identity/enrol.ts';
import type { ControllerChannel } from '../../../agent/channel/connect-controller.ts';
import { makeAuthority } from '../../../controller/adapters/authority/make-authority.ts';
import type { NewTokenAnswer } from '../../../controller/api/token-routes.ts';
import { credentialsOf } from '../../../controller/cli/serve/serve-credentials.ts';
import type { ControllerConfig } from '../../../schemas/generated/controller-config.ts';
import { eventually } from '../../support/eventually.ts';
import { failure } from '../../support/failure.ts';
import { freePort } from '../../support/servers/free-port.ts';
import {
  hasOpenssl,
  makeAuthority as makeOtherAuthority,
  makeCertificate,
  makeSignedCertificate,
} from '../../support/servers/certificate.ts';
import { lacks } from '../../support/skips/needs.cjs';
import { MemoryAgent } from '../../support/twins/memory-agent.ts';
import { Lab } from '../running.ts';

describe('the way of a fleet to other identities', () => {
  let lab: Lab;
  let authority: string;
  let digest: string;
  let logged: string[];
  let channels: Map<string, ControllerChannel>;
  let endForwarder: () => Promise<void>;
  const note = (message: string, fields?: object): void => {
    logged.push(`${message} ${JSON.stringify(fields ?? {})}`);
  };
  const logger = { debug: note, info: note, warn: note, error: note };

  beforeEach(async () => {
    logged = [];
    channels = new Map();
    endForwarder = () => Promise.resolve();
    lab = await Lab.make();
    authority = path.join(lab.folder, 'authority');
  });
  afterEach(async () => {
    await endForwarder();
    await lab.close();
  });

  type Config = Pick<ControllerConfig, 'tls' | 'sharedToken' | 'authority'>;

  /** As `calico-controller serve` with this controller.yaml, after a stop. */
  async function restart(listen: string, config: Config, tokenFile?: string): Promise<void> {
    await lab.stopController();
    const options = { tokenFile, tlsCert: undefined, tlsKey: undefined };
    const settings = { listen, ...credentialsOf(options, config) };
    if (tokenFile === undefined) await lab.startWithoutToken(settings, logger);
    else await lab.start(settings, logger);
  }
  async function init(): Promise<void> {
    const wanted = { folder: authority, cluster: 'default', names: ['127.0.0.1'] };
    ({ digest } = await makeAuthority({ ...wanted, now: Date.now() }));
  }
  /** The agent of the node with new settings, as after a reload. */
  async function reload(
    node: string,
    settings: Parameters<Lab['connectWith']>[1],
  ): Promise<ControllerChannel> {
    await channels.get(node)?.stop();
    const channel = lab.connectWith(new MemoryAgent({ name: node }), settings);
    channels.set(node, channel);
    return channel;
  }
  const connected = (node: string): Promise<void> =>
    eventually(() => expect(channels.get(node)?.state()).to.include({ connected: true }));
  const says = (node: string, text: string): Promise<void> =>
    eventually(() => expect(channels.get(node)?.state().message).to.contain(text));
  /** What the table of `nodes` shows. */
  const identities = async (): Promise<Record<string, string | undefined>> => {
    const nodes = await Promise.all([...channels.keys()].map((name) => lab.node(name)));
    return Object.fromEntries(
      nodes.map((node) => [
        node?.name ?? '',
        `${node?.identity ?? 'unknown'}${node?.connected === true ? '' : ', away'}`,
      ]),
    );
  };
  const enrolled = async (node: string, more: Partial<Enrolment>): Promise<Enrolled> => {
    const { text } = await lab.ask<NewTokenAnswer>(
      'POST',
      `/v1/enrolment-tokens?by=test&node=${node}`,
    );
    const stateDirectory = path.join(lab.folder, `state-of-${node}`);
    const wanted = { token: text, node, cluster: 'default', stateDirectory, replace: false };
    return enrol({ controller: `wss://${lab.listen}`, ...wanted, ...more }, Date.now());
  };
  const byCertificate = ({ nodeFile, caFile }: Enrolled) => ({
    url: `wss://${lab.listen}`,
    tokenFile: lab.tokenFile,
    ...(caFile !== undefined && { caFile }),
    identity: { certFile: nodeFile, keyFile: nodeFile },
  });

  it('leads from the shared token without TLS to certificates, and names who is left', async () => {
    await lab.start();
    const plain = lab.listen;
    for (const node of ['node-0', 'node-1', 'node-2'])
      await reload(node, { url: `ws://${plain}`, tokenFile: lab.tokenFile });
    for (const node of channels.keys()) await connected(node);
    // Both are accepted; a forwarder takes the plain connections at the old port.
    await init();
    const secured = `127.0.0.1:${String(await freePort())}`;
    await restart(secured, { authority: { folder: authority } }, lab.tokenFile);
    endForwarder = await forward(plain, secured, path.join(authority, 'authority.pem'));
    for (const node of channels.keys()) await connected(node);
    await channels.get('node-2')?.stop();
    for (const node of ['node-0', 'node-1']) {
      await reload(node, byCertificate(await enrolled(node, { caDigest: digest })));
      await connected(node);
    }
    await eventually(async () =>
      expect(await identities()).to.deep.equal({
        'node-0': 'certificate',
        'node-1': 'certificate',
        'node-2': 'shared-token, away',
      }),
    );
    // The token alone cannot take the place of a certificate.
    const impostor = lab.connect(new MemoryAgent({ name: 'node-0' }), { url: `ws://${plain}` });
    await eventually(() =>
      expect(impostor.state().message).to.contain('the node is connected by certificate'),
    );
    await impostor.stop();
    await endForwarder();
    // The last step: the token counts no longer, and nobody else notices.
    await restart(secured, { authority: { folder: authority }, sharedToken: 'refused' });
    for (const node of ['node-0', 'node-1']) await connected(node);
    const caFile = path.join(authority, 'authority.pem');
    await reload('node-2', { url: `wss://${secured}`, tokenFile: lab.tokenFile, caFile });
    await says('node-2', 'the controller refuses the token');
    await eventually(() =>
      expect(logged.join('\n')).to.match(
        /refused an agent: its token is not accepted .*"perhaps":"node-2"/,
      ),
    );
    expect(await identities()).to.deep.equal({
      'node-0': 'certificate',
      'node-1': 'certificate',
      'node-2': 'shared-token, away',
    });
    await reload('node-2', byCertificate(await enrolled('node-2', { caDigest: digest })));
    await connected('node-2');
    expect((await lab.status()).withCertificate).to.equal(3);
  });

  it('leads from another authority to that of the controller, and back', async function () {
    if (!hasOpenssl()) {
      lacks('the program openssl', 'openssl');
      this.skip();
    }
    const other = makeOtherAuthority(lab.folder, 'vault');
    const server = makeCertificate(lab.folder, 'server', 'IP:127.0.0.1');
    const ofVault = makeSignedCertificate(
      lab.folder,
      'node-0-of-vault',
      'URI:calico-agent://default/node/node-0',
      other,
    );
    const listen = `127.0.0.1:${String(await freePort())}`;
    const url = `wss://${listen}`;
    const vault = { url, caFile: server.certFile, identity: ofVault };
    await restart(listen, {
      tls: { clientCaFile: other.certFile, ...server },
      sharedToken: 'refused',
    });
    await reload('node-0', vault);
    await connected('node-0');
    // Ours signs, and both are accepted.
    await init();
    const bundle = path.join(authority, 'authority.pem');
    await appendFile(bundle, await readFile(other.certFile));
    const own = { authority: { folder: authority }, sharedToken: 'refused' } as const;
    await restart(listen, { ...own, tls: server });
    await connected('node-0');
    const ours = await enrolled('node-0', { caFile: server.certFile });
    expect(ours.caFile).to.equal(server.certFile);
    const certificate = byCertificate(ours);
    await reload('node-0', certificate);
    await connected('node-0');
    // The controller's certificate is ours as well, and the other authority counts no more.
    const alone = (await readFile(bundle, 'utf8')).split(/(?<=-----END CERTIFICATE-----\n)/)[0];
    await reload('node-0', { ...certificate, caFile: ours.authorityFile });
    await writeFile(bundle, alone ?? '');
    await restart(listen, own);
    await connected('node-0');
    const left = lab.connectWith(new MemoryAgent({ name: 'node-1' }), {
      ...vault,
      caFile: ours.authorityFile,
    });
    await eventually(() =>
      expect(left.state().message).to.contain("is not signed by the controller's authority"),
    );
    await left.stop();
    // Back: one file with both, then only the other one.
    const both = path.join(lab.folder, 'both.pem');
    await copyFile(bundle, both);
    await appendFile(both, await readFile(other.certFile));
    const serverOfOurs = {
      certFile: path.join(authority, 'server.pem'),
      keyFile: path.join(authority, 'server.key'),
    };
    await restart(listen, { tls: { clientCaFile: both, ...serverOfOurs }, sharedToken: 'refused' });
    await connected('node-0');
    expect((await failure(enrolled('node-1', { caDigest: digest }))).message).to.contain(
      'cannot make a token: this controller',
    );
    await reload('node-0', { ...vault, caFile: ours.authorityFile });
    await connected('node-0');
    await restart(listen, {
      tls: { clientCaFile: other.certFile, ...server },
      sharedToken: 'refused',
    });
    await reload('node-0', vault);
    await connected('node-0');
    await rm(authority, { recursive: true });
    expect((await lab.status()).withCertificate).to.equal(1);
  });
});

/** Accepts plain connections at the old address, as `socat` does in the documents. @returns its end */
async function forward(from: string, to: string, caFile: string): Promise<() => Promise<void>> {
  const ca = await readFile(caFile);
  const [host = '', port = ''] = to.split(':');
  const sockets = new Set<Socket>();
  const server = createServer((plain) => {
    const secured = connectTls({ host, port: Number(port), ca });
    sockets.add(plain);
    plain.pipe(secured).pipe(plain);
    const end = (): void => {
      plain.destroy();
      secured.destroy();
    };
    for (const one of [plain, secured]) one.on('error', end).on('close', end);
  });
  server.listen(Number(from.split(':')[1]), host);
  await once(server, 'listening');
  return async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const one of sockets) one.destroy();
    await closed;
  };
}
