/** Certificates of the controller's own authority: a node gets one by a token, and connects with it. */
import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request, type RequestOptions } from 'node:https';
import path from 'node:path';
import { Writable } from 'node:stream';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { enrol, type Enrolled, type Enrolment } from '../../../agent/app/identity/enrol.ts';
import { keepRenewed } from '../../../agent/app/identity/keep-renewed.ts';
import type { ControllerChannel } from '../../../agent/channel/connect-controller.ts';
import { makeAuthority } from '../../../controller/adapters/authority/make-authority.ts';
import { credentialsOf } from '../../../controller/cli/serve/serve-credentials.ts';
import type { CommandContext } from '../../../agent/cli/command-context.ts';
import { limitFailures } from '../../../controller/channel/enrolment/failure-limit.ts';
import type { AuditAnswer } from '../../../controller/api/people/audit-route.ts';
import type { NewTokenAnswer, TokensAnswer } from '../../../controller/api/token-routes.ts';
import { run, type Ran } from '../../agent/cli/run-command.ts';
import { eventually } from '../../support/eventually.ts';
import { failure } from '../../support/failure.ts';
import { hasOpenssl, makeCertificate } from '../../support/servers/certificate.ts';
import { lacks } from '../../support/skips/needs.cjs';
import { MemoryAgent } from '../../support/twins/memory-agent.ts';
import { Lab } from '../running.ts';

describe('the enrolment of nodes', () => {
  let lab: Lab;
  let folder: string;
  let digest: string;
  let logged: string[];
  const note = (message: string, fields?: object): void => {
    logged.push(`${message} ${JSON.stringify(fields ?? {})}`);
  };
  const logger = { debug: note, info: note, warn: note, error: note };
  const own = { tokenFile: undefined, tlsCert: undefined, tlsKey: undefined };

  beforeEach(async () => {
    logged = [];
    lab = await Lab.make();
    folder = path.join(lab.folder, 'authority');
    const names = ['127.0.0.1', 'localhost'];
    ({ digest } = await makeAuthority({ folder, cluster: 'default', names, now: Date.now() }));
    const config = { authority: { folder }, sharedToken: 'refused' } as const;
    await lab.startWithoutToken(credentialsOf(own, config), logger);
  });
  afterEach(() => lab.close());

  const makeToken = (query = ''): Promise<NewTokenAnswer> =>
    lab.ask<NewTokenAnswer>('POST', `/v1/enrolment-tokens?by=test${query}`);
  const wanted = (token: string, node = 'node-0', more: Partial<Enrolment> = {}): Enrolment => ({
    controller: `wss://${lab.listen}`,
    token,
    caDigest: digest,
    node,
    cluster: 'default',
    stateDirectory: path.join(lab.folder, `state-of-${node}`),
    replace: false,
    ...more,
  });
  const connect = ({ nodeFile, caFile, node }: Enrolled): ControllerChannel =>
    lab.connectWith(new MemoryAgent({ name: node }), {
      url: `wss://${lab.listen}`,
      ...(caFile !== undefined && { caFile }),
      identity: { certFile: nodeFile, keyFile: nodeFile },
    });
  const connected = (channel: ControllerChannel): Promise<void> =>
    eventually(() => expect(channel.state()).to.include({ connected: true }));

  it('warns when other users can read the key of the authority, or change the state', async () => {
    const warned = (): readonly string[] =>
      logged.filter((line) => line.startsWith('other users can '));
    expect(warned()).to.deep.equal([]);
    await lab.stopController();
    const [key, state] = [path.join(folder, 'authority.key'), path.join(lab.folder, 'state')];
    await chmod(key, 0o644);
    await chmod(state, 0o777);
    const config = { authority: { folder }, sharedToken: 'refused' } as const;
    await lab.startWithoutToken(credentialsOf(own, config), logger);
    expect(warned()).to.deep.equal([
      `other users can read or change the key of the authority "${key}": run chmod 600 ${key} {}`,
      `other users can change the state directory "${state}": run chmod 700 ${state} {}`,
    ]);
  });

  it('says what to copy where the certificate of the authority is not there', async () => {
    await lab.stopController();
    await rm(path.join(folder, 'authority.pem'));
    const config = { authority: { folder }, sharedToken: 'refused' } as const;
    const refused = await failure(lab.startWithoutToken(credentialsOf(own, config), logger));
    expect(refused.message)
      .to.contain(`"${path.join(folder, 'authority.pem')}": no such file; copy authority.pem`)
      .and.contain('from your copy or from another controller');
    // The API has the certificate of the agents' port, which nobody set.
    await rm(folder, { recursive: true });
    const credentials = credentialsOf(own, config);
    const { tls = { certFile: '', keyFile: '' } } = credentials;
    const api = { listen: '127.0.0.1:0', tokens: true, tls };
    const lost = await failure(lab.startWithoutToken({ ...credentials, api }, logger));
    expect(lost.message).to.equal(refused.message);
  });

  it('gives a node a certificate by a token, with which it connects', async () => {
    const { text, caDigest, url } = await makeToken();
    expect(caDigest).to.equal(digest);
    expect(url).to.match(/^wss:\/\/127\.0\.0\.1:\d+$/);
    const enrolled = await enrol(wanted(text), Date.now());
    await connected(connect(enrolled));
    expect((await lab.status()).withCertificate).to.equal(1);
    const { tokens } = await lab.ask<TokensAnswer>('GET', '/v1/enrolment-tokens');
    expect(tokens.map(({ used, uses }) => [used, uses])).to.deep.equal([[1, 1]]);
    // The daemon's log says the ID of the token with the certificate.
    const { actions } = await lab.ask<AuditAnswer>('GET', '/v1/audit');
    expect(actions[0]?.details).to.include({ token: tokens[0]?.id });
    // Neither the log nor the store has the secret.
    const [, secret = ''] = text.split('.');
    expect(logged.join('\n')).not.to.contain(secret);
    expect(JSON.stringify(tokens)).not.to.contain(secret);
  });

  it('counts the uses of a token also where many use it at once', async () => {
    const { text } = await makeToken('&uses=2');
    const all = await Promise.allSettled(
      Array.from({ length: 6 }, (_, at) => enrol(wanted(text, `node-${String(at)}`), Date.now())),
    );
    expect(all.filter(({ status }) => status === 'fulfilled').length).to.equal(2);
    const reasons = all.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []));
    for (const reason of reasons) expect(reason).to.contain('the token is used up');
  });

  it('gives the certificate again for the same key, and counts one use', async () => {
    const { text } = await makeToken();
    const first = wanted(text);
    await enrol(first, Date.now());
    const file = (name: string): string => path.join(first.stateDirectory, 'identity', name);
    const keyOf = async (): Promise<string> =>
      /-----BEGIN PRIVATE KEY-----[^]*/.exec(await readFile(file('node.pem'), 'utf8'))?.[0] ?? '';
    const key = await keyOf();
    // The answer was lost: only the key of the request is there.
    await rm(file('node.pem'));
    await writeFile(file('pending.key'), key);
    await enrol(first, Date.now());
    expect(await keyOf()).to.equal(key);
    // This one has its answer, and --replace makes another one.
    await writeFile(file('pending.key'), key);
    const named = await makeToken('&node=node-0');
    await enrol({ ...first, token: named.text, replace: true }, Date.now());
    expect(await keyOf()).not.to.equal(key);
  });

  it('tells a holder of the secret why, and a stranger nothing', async () => {
    const { text } = await makeToken('&node=rack-1-*&uses=5');
    const why = async (more: Partial<Enrolment>, token = text): Promise<string> =>
      (await failure(enrol(wanted(token, 'rack-1-a', more), Date.now()))).message;
    expect(await why({ node: 'node-7' })).to.contain('not for this node');
    expect(await why({ cluster: 'other' })).to.contain('for another cluster');
    const wrong = `${text.slice(0, -4)}AAAA`;
    expect(await why({}, wrong)).to.contain('does not know this enrolment token');
    expect(await why({ node: 'node-7' }, wrong)).to.contain('does not know this enrolment token');
    expect(await why({ caDigest: `sha256:${'0'.repeat(64)}` })).to.contain(
      'none of its certificates',
    );
    const [id = ''] = text.split('.');
    await lab.ask('DELETE', `/v1/enrolment-tokens?id=${id}`);
    expect(await why({})).to.contain('does not know this enrolment token');
  });

  it('lets only a token that names the node replace its certificate', async () => {
    const { text } = await makeToken('&uses=5');
    await enrol(wanted(text), Date.now());
    const other = path.join(lab.folder, 'another-machine');
    const taken = await failure(
      enrol(wanted(text, 'node-0', { stateDirectory: other }), Date.now()),
    );
    expect(taken.message).to.contain('the token does not name the node');
    const named = await makeToken('&node=node-0');
    await enrol(wanted(named.text, 'node-0', { stateDirectory: other }), Date.now());
  });

  it('gives a revoked node a certificate only by a token that names it', async () => {
    const { text } = await makeToken('&uses=5');
    const enrolled = await enrol(wanted(text), Date.now());
    const channel = connect(enrolled);
    await connected(channel);
    await lab.ask('POST', '/v1/revocations?name=node-0&by=test');
    await eventually(() => expect(channel.state().message).to.contain('revoked'));
    const again = wanted(text, 'node-0', { replace: true });
    expect((await failure(enrol(again, Date.now()))).message).to.contain('the node was revoked');
    const named = await makeToken('&node=node-0');
    await enrol({ ...again, token: named.text }, Date.now());
    await connected(connect(enrolled));
  });

  it("is renewed after two thirds of the certificate's time, while the agent stays connected", async () => {
    const { text } = await makeToken();
    const enrolled = await enrol(wanted(text), Date.now());
    const channel = connect(enrolled);
    await connected(channel);
    const before = await readFile(enrolled.nodeFile, 'utf8');
    const told: string[] = [];
    const looks: (() => void)[] = [];
    let dayNow = 59;
    const say = (message: string): void => void told.push(message);
    const end = keepRenewed({
      ...enrolled,
      controllers: ['wss://127.0.0.1:1', `wss://${lab.listen}`],
      caFile: enrolled.authorityFile,
      clock: {
        now: () => new Date(Date.now() + dayNow * 86_400_000).toISOString(),
        after: (_ms, look) => {
          looks.push(look);
          return () => undefined;
        },
        random: () => 0,
      },
      logger: { info: say, warn: say, error: say },
    });
    const look = async (day: number): Promise<void> => {
      dayNow = day;
      const count = looks.length;
      looks.at(-1)?.();
      await eventually(() => expect(looks).to.have.length(count + 1));
    };
    await look(59);
    expect(await readFile(enrolled.nodeFile, 'utf8')).to.equal(before);
    await look(61);
    const after = await readFile(enrolled.nodeFile, 'utf8');
    expect(told).to.deep.equal(['renewed the certificate of this node']);
    expect(after).not.to.equal(before);
    const keyOf = (pem: string): string => pem.slice(pem.indexOf('-----BEGIN PRIVATE'));
    expect(keyOf(after)).to.equal(keyOf(before));
    expect(channel.state()).to.include({ connected: true });
    await channel.stop();
    await connected(connect(enrolled));
    // A revoked one is not renewed, and stays as it is.
    await lab.ask('POST', '/v1/revocations?name=node-0&by=test');
    await look(61);
    await look(61);
    expect(told.slice(1)).to.have.length(1);
    expect(told[1]).to.match(/^cannot renew .*revoked/);
    expect(await readFile(enrolled.nodeFile, 'utf8')).to.equal(after);
    await look(91);
    expect(told.at(-1)).to.contain('calico-agent enroll --replace');
    end.stop();
  });

  interface Posted {
    readonly status: number | undefined;
    /** The TLS session, for a further connection. */
    readonly session: Buffer | undefined;
  }

  /** The body is not sent. */
  async function post(
    route: string,
    more: RequestOptions & Pick<ConnectionOptions, 'session'>,
  ): Promise<Posted> {
    const [host, port] = lab.listen.split(':');
    const ca = await readFile(path.join(folder, 'authority.pem'));
    const asking = request({ host, port, path: route, method: 'POST', agent: false, ca, ...more });
    let session: Buffer | undefined;
    asking.once('socket', (socket: TLSSocket) => {
      socket.on('session', (next: Buffer) => {
        session = next;
      });
    });
    // The controller may end the connection before the request has ended.
    asking.on('error', () => undefined);
    asking.flushHeaders();
    const [response]: IncomingMessage[] = await once(asking, 'response');
    asking.destroy();
    return { status: response?.statusCode, session };
  }

  it('signs no request for another key or name than it should, and counts no use of the token', async function () {
    if (!hasOpenssl()) {
      lacks('the program openssl', 'openssl');
      this.skip();
    }
    const { text } = await makeToken('&node=node-0');
    const uri = (node: string): string => `URI:calico-agent://default/node/${node}`;
    const requestFor = (names: string, ...key: readonly string[]): string => {
      const subject = ['-subj', '/CN=node-0', '-addext', `subjectAltName=${names}`];
      const keyFile = path.join(lab.folder, 'request.key');
      const options = ['req', '-new', '-nodes', ...key, ...subject, '-keyout', keyFile];
      return execFileSync('openssl', options, { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
    };
    const curve = (name: string): readonly string[] => [
      ...['-newkey', 'ec', '-pkeyopt', `ec_paramgen_curve:${name}`],
    ];
    const good = curve('prime256v1');
    const rows: readonly (readonly [asked: string, status: number, says: string])[] = [
      [requestFor(uri('node-0'), '-newkey', 'rsa:1024'), 400, 'its key is not ECDSA P-256'],
      [requestFor(uri('node-0'), ...curve('secp521r1')), 400, 'its key is not ECDSA P-256'],
      [requestFor(`${uri('node-0')},${uri('node-1')}`, ...good), 400, 'exactly one node'],
      [requestFor('DNS:node-0', ...good), 400, 'exactly one node'],
      [requestFor(uri('node-1'), ...good), 403, 'the token is not for this node'],
      [
        requestFor(uri('node-0'), ...good).replace(/(.{20})A/, '$1B'),
        400,
        'cannot use the request',
      ],
      ['x'.repeat(100), 400, 'there is no request in PEM form'],
      ['x'.repeat(15_000), 400, 'it has another form'],
      ['x'.repeat(17_000), 413, ''],
    ];
    for (const [asked, status, says] of rows) {
      const answer = await postBody(text, JSON.stringify({ formatVersion: 1, request: asked }));
      expect([answer.status, answer.body]).to.satisfy(
        ([got, body]: [number, string]) => got === status && body.includes(says),
        `${String(status)} ${says}, and not ${String(answer.status)} ${answer.body}`,
      );
    }
    const { tokens } = await lab.ask<TokensAnswer>('GET', '/v1/enrolment-tokens');
    expect(tokens.map(({ used }) => used)).to.deep.equal([0]);
    await enrol(wanted(text), Date.now());
  });

  async function postBody(
    token: string,
    body: string,
  ): Promise<{ readonly status: number | undefined; readonly body: string }> {
    const [host, port] = lab.listen.split(':');
    const ca = await readFile(path.join(folder, 'authority.pem'));
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const where = { host, port, path: '/v1/enrolment', method: 'POST', agent: false };
    const asking = request({ ...where, ca, headers });
    // The controller may end the connection before the whole request was sent.
    asking.on('error', () => undefined);
    asking.end(body);
    const [response]: IncomingMessage[] = await once(asking, 'response');
    const chunks: Buffer[] = [];
    response?.on('data', (chunk: Buffer) => chunks.push(chunk));
    if (response !== undefined) await once(response, 'end');
    return { status: response?.statusCode, body: Buffer.concat(chunks).toString() };
  }

  it('completes an enrolment that was killed between its files', async () => {
    const { text } = await makeToken();
    const first = wanted(text);
    const file = (name: string): string => path.join(first.stateDirectory, 'identity', name);
    await enrol(first, Date.now());
    const key = /-----BEGIN PRIVATE KEY-----[^]*/.exec(await readFile(file('node.pem'), 'utf8'));
    // The authority was written, and half of the certificate.
    await rm(file('node.pem'));
    await writeFile(file('.node.pem.x.unfinished'), 'half');
    await writeFile(file('pending.key'), key?.[0] ?? '');
    await connected(connect(await enrol(first, Date.now())));
    const files = await readdir(path.join(first.stateDirectory, 'identity'));
    expect(files.sort()).to.deep.equal(['authority.pem', 'node.pem']);
  });

  it('waits with --wait until the controller listens, and ends at once at a refusal', async () => {
    const { text } = await makeToken('&node=node-0&uses=5');
    const { listen } = lab;
    const tokenFile = path.join(lab.folder, 'enrolment-token');
    await writeFile(tokenFile, text, { mode: 0o600 });
    let told = '';
    let hasTold = (): void => undefined;
    const waiting = new Promise<void>((resolve) => {
      hasTold = resolve;
    });
    const stderr = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        told += chunk.toString();
        hasTold();
        done();
      },
    });
    const enroll = (node: string): Promise<Ran> => {
      const stateDirectory = path.join(lab.folder, `state-of-${node}`);
      const settings = { stateDirectory, socket: '', agent: { node: { name: node } } };
      const readSettings: CommandContext['readSettings'] = () => Promise.resolve(settings);
      const addresses = [`wss://${listen}`, 'wss://[::1]:1'];
      const to = [
        ...addresses.flatMap((address) => ['--controller', address]),
        '--token-file',
        tokenFile,
      ];
      return run(['enroll', ...to, '--ca-digest', digest, '--wait'], { readSettings, stderr });
    };
    await lab.stopController();
    const enrolling = enroll('node-0');
    await waiting;
    expect(told).to.match(/: no program listens there; trying again in \d+ s\n/);
    const config = { authority: { folder }, sharedToken: 'refused' } as const;
    await lab.startWithoutToken({ listen, ...credentialsOf(own, config) }, logger);
    const { status, stdout } = await enrolling;
    expect([status, stdout]).to.satisfy(
      ([code, out]: [number, string]) => code === 0 && out.startsWith('enrolled node-0;'),
      `${String(status)} ${stdout} ${told}`,
    );
    expect(stdout).to.contain(`  url: ["wss://${listen}", "wss://[::1]:1"]\n`);
    told = '';
    expect((await enroll('node-1')).status).to.equal(1);
    expect(told).to.contain('the token is not for this node').and.not.contain('trying again');
  });

  it('renews no certificate over a resumed TLS session', async () => {
    const { nodeFile } = await enrol(wanted((await makeToken()).text), Date.now());
    const pem = await readFile(nodeFile);
    const pair = { cert: pem, key: pem };
    const { status, session } = await post('/v1/renewal', pair);
    expect(status).to.equal(200);
    expect((await post('/v1/renewal', { ...pair, session })).status).to.equal(403);
  });

  it('answers strangers at once, and keeps no place for them', async () => {
    const { text } = await makeToken('&uses=2');
    const headers = { authorization: `Bearer ${text.slice(0, -4)}AAAA`, 'content-length': '100' };
    const statuses: (number | undefined)[] = [];
    for (let at = 0; at < 31; at += 1)
      statuses.push((await post('/v1/enrolment', { headers })).status);
    expect(statuses.slice(0, 30)).to.deep.equal(Array.from({ length: 30 }, () => 401));
    expect(statuses[30]).to.equal(503);
    // From the same address.
    await enrol(wanted(text), Date.now());
  });

  it('limits the failures of each address on its own, however many there are', () => {
    const { failed } = limitFailures({ most: 1, everyMs: 60_000, addresses: 2 });
    expect(failed('a', 0)).to.equal(undefined);
    expect(failed('b', 1)).to.equal(undefined);
    expect(failed('b', 1000)).to.equal(60);
    expect(failed('c', 2000)).to.equal(undefined);
    // The oldest one was forgotten, and the others were not.
    expect(failed('b', 2000)).to.equal(59);
    expect(failed('a', 2000)).to.equal(undefined);
    expect(failed('c', 70_000)).to.equal(undefined);
  });

  it('takes an authority that openssl made, if its key is ECDSA P-256', async function () {
    if (!hasOpenssl()) {
      lacks('the program openssl', 'openssl');
      this.skip();
    }
    const other = path.join(lab.folder, 'of-openssl');
    await mkdir(other);
    const [cert, key] = ['authority.pem', 'authority.key'].map((name) => path.join(other, name));
    const make = (curve: string): Buffer => {
      const options = [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', `ec_paramgen_curve:${curve}`, '-nodes'],
        ...['-days', '2', '-subj', '/CN=other', '-keyout', key ?? '', '-out', cert ?? ''],
      ];
      return execFileSync('openssl', options, { stdio: 'ignore' });
    };
    const names = ['127.0.0.1'];
    const init = (): Promise<unknown> =>
      makeAuthority({ folder: other, cluster: 'default', names, now: Date.now() });
    make('secp384r1');
    expect((await failure(init())).message).to.contain('it is not ECDSA P-256');
    make('prime256v1');
    await init();
    const server = new X509Certificate(await readFile(path.join(other, 'server.pem')));
    // This compares the identifiers of the key, which openssl derives in another way.
    expect(server.checkIssued(new X509Certificate(await readFile(cert ?? '')))).to.equal(true);
  });

  it('names what recognises a controller with a certificate of another authority', async function () {
    if (!hasOpenssl()) {
      lacks('the program openssl', 'openssl');
      this.skip();
    }
    await lab.stopController();
    const { certFile, keyFile } = makeCertificate(lab.folder, 'server', 'IP:127.0.0.1');
    const options = { ...own, tlsCert: certFile, tlsKey: keyFile };
    const config = { authority: { folder }, sharedToken: 'refused' } as const;
    await lab.startWithoutToken(credentialsOf(options, config), logger);
    const { text, caDigest } = await makeToken();
    expect(caDigest).to.equal(undefined);
    const { caDigest: _digest, ...rest } = wanted(text);
    const enrolled = await enrol({ ...rest, caFile: certFile }, Date.now());
    expect(enrolled.caFile).to.equal(certFile);
    await connected(connect(enrolled));
  });
});
