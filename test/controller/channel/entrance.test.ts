/** Who can connect to the controller, and how its entrance may be configured. */
import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { copyFile, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import path from 'node:path';
import { connect as connectTls } from 'node:tls';
import { parseListenAddress } from '../../../controller/channel/listen-address.ts';
import type { TlsFiles } from '../../../controller/channel/secrets.ts';
import { tokenCheck } from '../../../controller/channel/token-check.ts';
import { silentLogger, type Logger } from '../../../runtime/log/logger.ts';
import { hasOpenssl, makeCertificate } from '../../support/servers/certificate.ts';
import { eventually } from '../../support/eventually.ts';
import { MemoryAgent } from '../../support/twins/memory-agent.ts';
import { lacks } from '../../support/skips/needs.cjs';
import { Lab, token } from '../running.ts';

describe('the address to listen on', () => {
  const plain = { tls: false, plaintextBeyondLoopback: false };
  const fine: readonly [text: string, host: string, port: number][] = [
    ['127.0.0.1:7843', '127.0.0.1', 7843],
    ['127.5.6.7:0', '127.5.6.7', 0],
    ['localhost:7843', 'localhost', 7843],
    ['[::1]:7843', '::1', 7843],
  ];
  for (const [text, host, port] of fine) {
    it(`may be ${text} without TLS`, () => {
      expect(parseListenAddress(text, plain)).to.deep.equal({ host, port });
    });
  }
  for (const text of ['0.0.0.0:7843', '[::]:7843', '10.0.0.1:7843', '127.example.net:7843']) {
    it(`may be ${text} only with TLS, or with an explicit setting`, () => {
      expect(() => parseListenAddress(text, plain)).to.throw(/--plaintext-beyond-loopback/);
      expect(parseListenAddress(text, { ...plain, tls: true }).port).to.equal(7843);
      const said = { tls: false, plaintextBeyondLoopback: true };
      expect(parseListenAddress(text, said).port).to.equal(7843);
    });
  }
  for (const text of ['', '7843', 'host', '::1:7843', 'host:99999', 'a b:1', 'http://x:1']) {
    it(`is not "${text}"`, () => {
      expect(() => parseListenAddress(text, plain)).to.throw(/cannot listen on/);
    });
  }
});

describe('the token', () => {
  const mayEnter = tokenCheck(token);
  const cases: readonly [authorization: string | undefined, enters: boolean][] = [
    [`Bearer ${token}`, true],
    [`bearer  ${token}`, true],
    [undefined, false],
    ['', false],
    ['Bearer', false],
    [`Bearer ${token}x`, false],
    [`Bearer ${token.slice(1)}`, false],
    [`Basic ${token}`, false],
    [`Bearer ${token} ${token}`, false],
  ];
  for (const [authorization, enters] of cases) {
    it(`${enters ? 'is taken from' : 'is not'} "${String(authorization)}"`, () => {
      expect(mayEnter(authorization)).to.equal(enters);
    });
  }
});

describe('the entrance of the controller', () => {
  let lab: Lab;
  const logged: string[] = [];
  const note = (message: string, fields?: object): void => {
    logged.push(`${message} ${JSON.stringify(fields ?? {})}`);
  };
  const logger: Logger = { debug: note, info: note, warn: note, error: note };
  beforeEach(async () => {
    lab = await Lab.make();
  });
  afterEach(async () => {
    await lab.close();
  });

  function knock(headers: Record<string, string>, resource = '/v1/agents'): Promise<number> {
    const [host, port] = lab.listen.split(':');
    return new Promise((resolve, reject) => {
      const upgrade = {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      };
      const knocking = request({ host, port, path: resource, headers: { ...upgrade, ...headers } });
      knocking.on('response', (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      knocking.on('upgrade', (_response, socket) => {
        socket.destroy();
        resolve(101);
      });
      knocking.on('error', reject);
      knocking.end();
    });
  }

  const protocol = { 'sec-websocket-protocol': 'calico-agent.v1' };
  const withToken = { authorization: `Bearer ${token}` };
  const knocks: readonly [who: string, headers: Record<string, string>, status: number][] = [
    ['lets in who has the token', { ...protocol, ...withToken }, 101],
    ['refuses who has none', protocol, 401],
    ['refuses a wrong one', { ...protocol, authorization: 'Bearer wrong-token-entirely' }, 401],
    ['refuses another protocol', { ...withToken, 'sec-websocket-protocol': 'chat' }, 400],
    ['refuses who names no protocol', withToken, 400],
    ['refuses headers beyond measure', { ...protocol, 'x-long': 'x'.repeat(10_000) }, 431],
  ];
  for (const [behaviour, headers, status] of knocks) {
    it(`${behaviour}: ${String(status)}`, async () => {
      await lab.start({}, logger);
      expect(await knock(headers)).to.equal(status);
      expect(logged.join('\n')).not.to.contain(token);
    });
  }

  it('takes a new token without a restart, and keeps the old one when the new one is bad', async () => {
    await lab.start({}, logger);
    const newToken = 'another-token-for-tests';
    const withNew = { ...protocol, authorization: `Bearer ${newToken}` };
    await writeFile(lab.tokenFile, 'short');
    await lab.controller?.reload();
    expect(await knock({ ...protocol, ...withToken })).to.equal(101);
    expect(logged.join('\n')).to.contain('the token stays as it was');
    await writeFile(lab.tokenFile, newToken);
    await lab.controller?.reload();
    expect(await knock({ ...protocol, ...withToken })).to.equal(401);
    expect(await knock(withNew)).to.equal(101);
  });

  it('logs one line for an address that is refused for one reason again and again', async () => {
    logged.length = 0;
    await lab.start({}, logger);
    for (let n = 0; n < 5; n += 1) expect(await knock(protocol)).to.equal(401);
    const reason = 'it has neither a certificate nor a token';
    expect(logged.filter((line) => line.includes(reason))).to.have.length(1);
  });

  it('logs what is wrong with a request that it refuses', async () => {
    logged.length = 0;
    await lab.start({}, logger);
    expect(await knock({ ...protocol, authorization: 'Bearer some-other-token' })).to.equal(401);
    expect(await knock(withToken)).to.equal(400);
    expect(logged.join('\n'))
      .to.contain('refused an agent: its token is not accepted')
      .and.contain('refused an agent: it does not ask for calico-agent.v1');
  });

  it('logs one line for an agent of another cluster', async () => {
    logged.length = 0;
    await lab.start({}, logger);
    const reconnect = { baseSeconds: 0.01, capSeconds: 0.01 };
    let tries = 0;
    const counting: Logger = { ...silentLogger, warn: () => void (tries += 1) };
    const about = { cluster: 'other', reconnect };
    const agents = ['node-0', 'node-1'].map((name) => new MemoryAgent({ name }));
    for (const agent of agents) lab.connect(agent, about, counting);
    await eventually(() => expect(tries).to.be.at.least(2));
    const lines = logged.filter((line) => line.includes('refused an agent'));
    expect(lines).to.have.length(1);
    expect(lines[0]).to.contain('127.0.0.1').and.contain('not "other"');
  });

  it('answers a plain request that it needs a WebSocket', async () => {
    await lab.start();
    const response = await fetch(`http://${lab.listen}/v1/agents`);
    expect(response.status).to.equal(426);
    expect(await knock({ ...protocol, ...withToken }, '/elsewhere')).to.equal(404);
  });

  it('hangs up on a silent stranger', async () => {
    await lab.start({ timing: { strangerMs: 30 } });
    const [host, port] = lab.listen.split(':');
    const stranger = connect(Number(port), host);
    stranger.on('error', () => undefined);
    await new Promise((resolve) => stranger.once('close', resolve));
  });

  it('opens its own socket to root and its group only', async () => {
    await lab.start();
    const { mode } = await stat(lab.socket);
    expect((mode & 0o777).toString(8)).to.equal('660');
    expect(await lab.ask('GET', '/v1/health')).to.deep.equal({ status: 'ok' });
  });

  const starts: readonly [what: string, content: string | undefined, says: RegExp][] = [
    ['no token file', undefined, /no such file; make one with: .*head -c 32/],
    ['an empty token file', '\n', /it is empty; make one with/],
    ['a short token', 'short', /shorter than 16 characters; make one with/],
  ];
  for (const [what, content, says] of starts) {
    it(`does not start with ${what}, and says how to make one`, async () => {
      const tokenFile = path.join(lab.folder, 'other');
      if (content !== undefined) await writeFile(tokenFile, content);
      const error = await lab.start({ tokenFile }).catch((reason: unknown) => reason);
      expect(String(error)).to.match(says);
    });
  }

  it('does not start twice on one socket, and frees the port when it cannot', async () => {
    await lab.start();
    const first = lab.controller;
    const error = await lab
      .start({ stateDirectory: path.join(lab.folder, 'second') })
      .catch((reason: unknown) => reason);
    expect(String(error)).to.contain('another process listens there');
    lab.controller = first;
  });

  it('takes a new certificate without a restart, and keeps the old one when the new one is bad', async function () {
    if (!hasOpenssl()) {
      lacks('the program openssl', 'openssl');
      this.skip();
    }
    const one = makeCertificate(lab.folder, 'one', 'IP:127.0.0.1');
    const other = makeCertificate(lab.folder, 'other', 'IP:127.0.0.1');
    await lab.start({ tls: one });
    const shown = async (): Promise<string> => {
      const [host, port] = lab.listen.split(':');
      const socket = connectTls({ host, port: Number(port), rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const { fingerprint256 } = socket.getPeerCertificate();
      socket.destroy();
      return fingerprint256;
    };
    const first = await shown();
    await copyFile(other.certFile, one.certFile);
    await lab.controller?.reload();
    expect(await shown()).to.equal(first);
    await copyFile(other.keyFile, one.keyFile);
    await lab.controller?.reload();
    expect(await shown()).not.to.equal(first);
  });

  const unusable: readonly [
    what: string,
    files: (one: TlsFiles, other: TlsFiles) => TlsFiles,
    says: string,
  ][] = [
    [
      'a key of another certificate',
      ({ certFile }, { keyFile }) => ({ certFile, keyFile }),
      'the key does not belong to the certificate of --tls-cert "',
    ],
    [
      'a certificate in place of the key',
      ({ certFile }) => ({ certFile, keyFile: certFile }),
      'it is a certificate, and no private key',
    ],
    [
      'a key in place of the certificate',
      ({ keyFile }) => ({ certFile: keyFile, keyFile }),
      'it is a private key, and no certificate',
    ],
    [
      'a certificate that is none',
      () => ({ certFile: lab.tokenFile, keyFile: lab.tokenFile }),
      `cannot use --tls-cert "`,
    ],
    [
      'a damaged certificate',
      ({ certFile, keyFile }) => ({ certFile: damaged(certFile), keyFile }),
      'its certificate is damaged',
    ],
    [
      'a key with a passphrase',
      ({ certFile, keyFile }) => ({ certFile, keyFile: encrypted(keyFile) }),
      'the key needs a passphrase, which is not supported',
    ],
    [
      'no key file',
      ({ certFile }) => ({ certFile, keyFile: '/nowhere/tls.key' }),
      'cannot read --tls-key "/nowhere/tls.key": no such file',
    ],
  ];
  const damaged = (file: string): string => {
    const text = readFileSync(file, 'utf8');
    writeFileSync(`${file}.damaged`, text.replace(/^(.{30,})$/m, 'AAAA'));
    return `${file}.damaged`;
  };
  const encrypted = (file: string): string => {
    const argv = ['pkey', '-in', file, '-out', `${file}.enc`, '-aes128', '-passout', 'pass:secret'];
    execFileSync('openssl', argv, { stdio: 'ignore' });
    return `${file}.enc`;
  };
  for (const [what, files, says] of unusable) {
    it(`does not start with ${what}, and says which setting it is`, async function () {
      if (!hasOpenssl()) {
        lacks('the program openssl', 'openssl');
        this.skip();
      }
      const one = makeCertificate(lab.folder, 'one', 'IP:127.0.0.1');
      const other = makeCertificate(lab.folder, 'other', 'IP:127.0.0.1');
      const error = await lab.start({ tls: files(one, other) }).catch((reason: unknown) => reason);
      expect(String(error))
        .to.contain(says)
        .and.not.match(/error:|routines|ERR_/);
    });
  }
});
