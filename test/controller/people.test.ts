/** People use the API over HTTPS, with tokens and certificates, as far as their roles allow. */
import { expect } from 'chai';
import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { once } from 'node:events';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import type { NewTokenAnswer, TokensAnswer } from '../../controller/api/people/access-routes.ts';
import { mayUse, roleOf, roles, type Role } from '../../controller/app/access/roles.ts';
import type { ControllerSettings } from '../../controller/settings.ts';
import { createHttpsClient, type RemoteServer } from '../../runtime/http/remote/https-client.ts';
import type { RouteRole } from '../../runtime/http/route.ts';
import {
  createUnixHttpClient,
  type Answer,
  type ClientRequest,
} from '../../runtime/http/unix-client.ts';
import { silentLogger } from '../../runtime/log/logger.ts';
import { failure } from '../support/failure.ts';
import {
  makeAuthority,
  makeCertificate,
  makeSignedCertificate,
  type Certificate,
} from '../support/servers/certificate.ts';
import { configWith, Lab } from './running.ts';

interface Operation {
  readonly 'x-access': 'read' | 'write';
  readonly 'x-role'?: RouteRole;
}

function methodOf(text: string): ClientRequest['method'] {
  const methods = ['GET', 'PUT', 'POST', 'DELETE'] as const;
  const found = methods.find((method) => method.toLowerCase() === text);
  if (found === undefined) throw new Error(`the API has no method ${text}`);
  return found;
}

/** What a refusal says of the role that a route needs. */
const needs: Readonly<Record<RouteRole, string>> = {
  read: 'it needs the role read or',
  check: 'it needs the role propose, approve or apply,',
  propose: 'it needs the role propose or apply,',
  approve: 'it needs the role approve,',
  apply: 'it needs the role apply,',
  socket: "only root and the group of the controller's socket",
};

const status: ClientRequest = { method: 'GET', path: '/v1/status' };

describe('a controller whose port for people is in use', function () {
  this.timeout(60_000);

  it('ends before it lets agents in', async () => {
    const lab = await Lab.make();
    const taken = createServer().listen(0, '127.0.0.1');
    try {
      await once(taken, 'listening');
      const address = taken.address();
      const listen = `127.0.0.1:${String(address !== null && typeof address === 'object' ? address.port : 0)}`;
      const tls = makeCertificate(lab.folder, 'api', 'IP:127.0.0.1');
      const lines: string[] = [];
      const logger = { ...silentLogger, info: (line: string) => void lines.push(line) };
      const api = { listen, tokens: true, tls: { ...tls, fromConfig: true } } as const;
      const refused = await failure(lab.start({ api }, logger));
      expect(refused.message).to.equal(
        `cannot listen for the API on ${listen}: another process listens there`,
      );
      expect(lines).to.deep.equal([]);
    } finally {
      taken.close();
      await lab.close();
    }
  });
});

describe('people over HTTPS', function () {
  this.timeout(60_000);
  let lab: Lab;
  let server: Certificate;
  let authority: Certificate;
  let foreign: Certificate;

  before(async () => {
    lab = await Lab.make();
    server = makeCertificate(lab.folder, 'api', 'IP:127.0.0.1');
    authority = makeAuthority(lab.folder, 'people-ca');
    foreign = makeAuthority(lab.folder, 'foreign-ca');
    const api: ControllerSettings['api'] = {
      listen: '127.0.0.1:0',
      tokens: true,
      tls: { ...server, clientCaFile: authority.certFile, fromConfig: true },
    };
    const people = [
      { name: 'ann', roles: ['read'] },
      { name: 'eve', roles: ['apply'], clusters: ['elsewhere'] },
    ] as const;
    await lab.start({ api, people });
  });
  after(() => lab.close());

  const url = (): string => `https://${lab.controller?.apiListen ?? ''}`;
  const ask = (request: ClientRequest, as: Partial<RemoteServer> = {}): Promise<Answer> =>
    createHttpsClient({ url: url(), caFile: server.certFile, ...as }).request(request);
  const token = async (name: string, held: readonly string[]): Promise<NewTokenAnswer> => {
    const query = held.map((role) => `&role=${role}`).join('');
    return lab.ask<NewTokenAnswer>('POST', `/v1/access/tokens?name=${name}${query}&by=root`);
  };
  const tokenFile = async (name: string, held: readonly string[]): Promise<string> => {
    const file = path.join(lab.folder, `${name}.token`);
    await writeFile(file, (await token(name, held)).text, { mode: 0o600 });
    return file;
  };
  const signed = (name: string, uri: string, by = authority): Partial<RemoteServer> =>
    makeSignedCertificate(lab.folder, name, uri, by);

  it('may do as much as the roles of their token', async () => {
    const reader = { tokenFile: await tokenFile('rita', ['read']) };
    const applier = { tokenFile: await tokenFile('paul', ['apply']) };
    const { tokens } = await lab.ask<TokensAnswer>('GET', '/v1/access/tokens');
    const id = tokens.find(({ name }) => name === 'rita')?.id ?? '';
    expect(JSON.parse((await ask(status, reader)).body)).to.include({ cluster: 'default' });
    const push: ClientRequest = {
      method: 'PUT',
      path: '/v1/config?by=root@host',
      body: configWith(64_513),
      mediaType: 'application/yaml',
    };
    const refused = await failure(ask(push, reader));
    expect(refused.code).to.equal('access-denied');
    expect(refused.message).to.equal(
      `cannot run "push": it needs the role apply, and "rita" has read (token ${id}); these have it: paul; a token with it is made on the controller's machine: calico-controller access create rita --roles apply`,
    );
    await ask(push, applier);
    // Not the name that the request claims.
    expect((await lab.status()).revision).to.include({ by: 'paul' });
  });

  it('check a configuration before they approve it', async () => {
    const check = { method: 'POST', path: '/v1/check', mediaType: 'application/yaml' } as const;
    const asked = { ...check, body: configWith(64_513) };
    const approver = { tokenFile: await tokenFile('amy', ['approve']) };
    expect((await ask(asked, approver)).status).to.equal(200);
    const reader = { tokenFile: await tokenFile('ron', ['read']) };
    expect((await failure(ask(asked, reader))).message).to.contain(needs.check);
  });

  it('reach neither tokens nor backups, whatever their roles', async () => {
    const all = { tokenFile: await tokenFile('all', ['read', 'propose', 'approve', 'apply']) };
    for (const [method, resource] of [
      ['GET', '/v1/access/tokens'],
      ['POST', '/v1/access/tokens?name=x&role=apply'],
      ['POST', '/v1/store/snapshots'],
      ['GET', '/v1/store/records?snapshot=1'],
    ] as const) {
      const refused = await failure(ask({ method, path: resource }, all));
      expect(refused.code, resource).to.equal('access-denied');
      expect(refused.message).to.contain("only root and the group of the controller's socket");
    }
  });

  it('are refused without a valid token or certificate, with the reason', async () => {
    const { text, token: made } = await token('gone', ['read']);
    await lab.ask('DELETE', `/v1/access/tokens?id=${made.id}`);
    const file = path.join(lab.folder, 'bad.token');
    const cases: readonly [string, RegExp][] = [
      [text, /the token is not known, or was revoked/],
      [`cac_${made.id}_${'A'.repeat(43)}`, /not known/],
      ['some-other-text-of-a-token', /not known/],
    ];
    for (const [given, reason] of cases) {
      await writeFile(file, given, { mode: 0o600 });
      const refused = await failure(ask(status, { tokenFile: file }));
      expect(refused.code).to.equal('unauthorized');
      expect(refused.message).to.match(reason);
    }
    expect((await failure(ask(status))).message).to.contain('no token and no certificate');
  });

  it('tell an agent that it asks at the wrong port', async () => {
    const { code, message } = await failure(ask({ method: 'POST', path: '/v1/enrolment' }));
    expect(code).to.equal('not-found');
    expect(message).to.match(
      /this address is for people; agents have another one, usually with port 7843/,
    );
  });

  it('present a certificate whose name controller.yaml has', async () => {
    const ann = signed('ann-cert', 'URI:calico-agent://default/person/ann');
    expect((await ask(status, ann)).status).to.equal(200);
    const refused = await failure(ask({ method: 'POST', path: '/v1/rollback' }, ann));
    expect(refused.message).to.contain('"ann" has read');
    const cases: readonly [Partial<RemoteServer>, RegExp][] = [
      [signed('node', 'URI:calico-agent://default/node/ann'), /names no person/],
      [signed('far', 'URI:calico-agent://elsewhere/person/ann'), /names no person/],
      [signed('bob', 'DNS:bob'), /names no person "bob"/],
      [
        signed('eve', 'DNS:eve'),
        /no role in the cluster "default": add it to this person's clusters/,
      ],
      [signed('forged', 'URI:calico-agent://default/person/ann', foreign), /not accepted/],
    ];
    for (const [as, reason] of cases) {
      const { code, message } = await failure(ask(status, as));
      expect(code).to.equal('unauthorized');
      expect(message).to.match(reason).and.not.contain('makes a token');
    }
  });

  it('need for each operation the role that its description says', async () => {
    const description: {
      readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
    } = parse(await readFile('schemas/controller-api.openapi.yaml', 'utf8'));
    const files = new Map<Role, string>();
    for (const role of roles) files.set(role, await tokenFile(`only-${role}`, [role]));
    for (const [resource, operations] of Object.entries(description.paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        const access = operation['x-access'];
        const given = { method: methodOf(method), access };
        const role = operation['x-role'] ?? roleOf(given);
        const named = resource.replaceAll(/\{\w+\}/g, 'x');
        const asked = { method: given.method, path: named };
        for (const [held, file] of files) {
          if (mayUse([held], role)) continue;
          const refused = await failure(ask(asked, { tokenFile: file }));
          const what = `${method} ${resource} as ${held}`;
          expect(refused.code, what).to.equal('access-denied');
          expect(refused.message, what).to.contain(needs[role]);
        }
      }
    }
  });

  it('see hashes of tokens nowhere, and when a token was used', async () => {
    const file = await tokenFile('used', ['read']);
    await ask(status, { tokenFile: file });
    const { tokens } = await lab.ask<TokensAnswer>('GET', '/v1/access/tokens');
    const used = tokens.find(({ name }) => name === 'used');
    expect(used?.lastUsedAt).to.be.a('string');
    expect(JSON.stringify(tokens)).not.to.contain('hash');
    // The secret may have underscores itself.
    const secret = (await readFile(file, 'utf8')).trim().split('_').slice(2).join('_');
    expect(secret).to.have.length.greaterThan(20);
    const state = path.join(lab.folder, 'state');
    const names = await readdir(state, { recursive: true, withFileTypes: true });
    const stored = await Promise.all(
      names
        .filter((entry) => entry.isFile())
        .map((entry) => readFile(path.join(entry.parentPath, entry.name), 'latin1')),
    );
    expect(
      stored.some((text) => text.includes('"access-token"') || text.includes(used?.id ?? '-')),
    ).to.equal(true);
    expect(stored.some((text) => text.includes(secret))).to.equal(false);
  });

  it('wait for events as often as they may ask for anything else', async () => {
    const watcher = { tokenFile: await tokenFile('wanda', ['read']) };
    // Of the 100 at once: twice as many requests as this would be too many.
    for (let asked = 0; asked < 70; asked += 1) {
      const { status: answered } = await ask({ method: 'GET', path: '/v1/events?wait=0' }, watcher);
      expect(answered).to.equal(200);
    }
  });

  it('keep their tokens over a restart', async () => {
    const file = await tokenFile('kept', ['read']);
    const settings = lab.settings();
    expect(settings.socket).to.equal(lab.socket);
    const api = {
      listen: '127.0.0.1:0',
      tokens: true,
      tls: { ...server, fromConfig: true },
    } as const;
    await lab.stopController();
    await lab.start({ api });
    expect((await ask(status, { tokenFile: file })).status).to.equal(200);
  });

  it('get new certificates of the server without a restart', async () => {
    const file = await tokenFile('renewed', ['read']);
    const next = makeCertificate(lab.folder, 'api-next', 'IP:127.0.0.1');
    await copyFile(next.certFile, server.certFile);
    await copyFile(next.keyFile, server.keyFile);
    await lab.controller?.reload();
    expect((await ask(status, { tokenFile: file, caFile: next.certFile })).status).to.equal(200);
    const end = Date.parse(new X509Certificate(await readFile(next.certFile)).validTo) / 1000;
    const client = createUnixHttpClient(lab.socket, { startHint: '' });
    const { body } = await client.request({ method: 'GET', path: '/metrics' });
    expect(body).to.contain(`own_certificate_ends_seconds{certificate="api"} ${String(end)}\n`);
  });

  it('need TLS 1.2 at least', async () => {
    const [host = '', port = ''] = (lab.controller?.apiListen ?? '').split(':');
    const old: TLSSocket = connect({
      host,
      port: Number(port),
      rejectUnauthorized: false,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    const [error] = await once(old, 'error');
    expect(String(error)).to.match(/protocol version|alert|unsupported/i);
  });
});
