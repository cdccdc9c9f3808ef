import { expect } from 'chai';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readCredentials } from '../../../runtime/kubernetes/access/credentials.ts';
import { findAccess } from '../../../runtime/kubernetes/access/find-access.ts';
import { readKubeconfigs } from '../../../runtime/kubernetes/access/kubeconfig.ts';
import { failure } from '../../support/failure.ts';
import { makeCertificate } from '../../support/servers/certificate.ts';

// A pair for one test run, because a text that is not a certificate is refused beforehand.
const made = mkdtempSync(path.join(tmpdir(), 'kubeconfig-pair-'));
const pair = makeCertificate(made, 'pair', 'DNS:pair');
const CERT = readFileSync(pair.certFile, 'utf8');
const KEY = readFileSync(pair.keyFile, 'utf8');
const CA = CERT;
rmSync(made, { recursive: true });

describe('a kubeconfig', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'kubeconfig-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const file = async (name: string, text: string): Promise<string> => {
    const whole = path.join(folder, name);
    await mkdir(path.dirname(whole), { recursive: true });
    await writeFile(whole, text);
    return whole;
  };
  const configOf = (user: object, cluster: object = {}) => ({
    'current-context': 'lab',
    clusters: [{ name: 'c', cluster: { server: 'https://10.0.0.1:6443/', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'lab', context: { cluster: 'c', user: 'u' } }],
  });
  const config = (user: object, cluster: object = {}): string =>
    JSON.stringify(configOf(user, cluster));
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const reasonOf = async (text: string): Promise<string> =>
    (await failure(readKubeconfigs([await file('config', text)], undefined))).message;

  it('gives server, authority and certificates, from data and from files beside it', async () => {
    await file('pki/key.pem', KEY);
    const user = { 'client-certificate-data': base64(CERT), 'client-key': 'pki/key.pem' };
    const cluster = { 'certificate-authority-data': base64(CA), 'tls-server-name': 'kubernetes' };
    const where = await file('config', config(user, cluster));
    expect(await readKubeconfigs([where], undefined)).to.deep.equal({
      server: 'https://10.0.0.1:6443',
      source: `kubeconfig "${where}", context "lab"`,
      insecure: false,
      ca: CA,
      serverName: 'kubernetes',
      identity: { certificate: { certificate: CERT, key: KEY } },
    });
  });

  it('is merged from several files: the first name counts', async () => {
    const first = await file(
      'a/config',
      'users: [{name: u, user: {token: first}}]\nclusters: null\n',
    );
    const second = await file('b/config', config({ token: 'second' }));
    const missing = path.join(folder, 'missing');
    const access = await readKubeconfigs([missing, first, second], undefined);
    expect(access.identity).to.deep.equal({ token: 'first' });
    expect(access.source).to.include('b/config');
  });

  it('names the line of a wrong form, but never shows a secret', async () => {
    const where = await file(
      'config',
      'clusters:\n- name: c\n  cluster: {server: ftp://x}\nusers:\n- name: u\n  user: {token: [top-secret]}\n' +
        'contexts: [{name: lab, context: {cluster: c, user: u}}]\ncurrent-context: lab\n',
    );
    const error = await failure(readKubeconfigs([where], undefined));
    expect(error.code).to.equal('invalid-settings');
    expect(error.message).to.match(/line 3: .*server/);
    expect(error.issues.map(({ pointer, line }) => [pointer, line])).to.deep.equal([
      ['/clusters/0/cluster/server', 3],
      ['/users/0/user/token', 6],
    ]);
    expect(JSON.stringify(error.issues)).not.to.include('top-secret');
  });

  it('is checked only as far as it is used: another cluster, user or context may be broken', async () => {
    const broken = {
      clusters: [
        { name: 'x', cluster: { server: 'htto://typo', 'proxy-url': 'http://p' } },
        { name: 'y' },
        7,
      ],
      users: [{ name: 'x', user: { token: 5, exec: { command: 'x' } } }, {}],
      contexts: [{ name: 'x', context: { cluster: 3 } }, 'text'],
    };
    const used = configOf({ token: 'abc' });
    const text = JSON.stringify({
      ...used,
      clusters: [...broken.clusters, ...used.clusters],
      users: [...broken.users, ...used.users],
      contexts: [...broken.contexts, ...used.contexts],
    });
    const where = await file('config', text);
    expect((await readKubeconfigs([where], undefined)).identity).to.deep.equal({ token: 'abc' });
    const error = await failure(readKubeconfigs([where], 'x'));
    expect(error.message).to.match(/"cluster" must be a text, but is 3/);
  });

  it('takes empty texts and null as unset, as kubectl does', async () => {
    const unset = { token: '', tokenFile: '', 'client-certificate': '', username: '', exec: null };
    const text = config(
      { ...unset, 'client-key-data': null },
      { 'certificate-authority': '', 'proxy-url': '', 'tls-server-name': null },
    );
    const access = await readKubeconfigs([await file('config', text)], undefined);
    expect(access.identity).to.deep.equal({});
    const nobody = config({}).replace('"user":"u"', '"user":""');
    const anonymous = await readKubeconfigs([await file('nobody', nobody)], undefined);
    expect(anonymous.identity).to.deep.equal({});
  });

  it('may be an empty file in a list', async () => {
    const files = await Promise.all([
      file('empty', ''),
      file('comments', '# nothing yet\n'),
      file('null', 'null\n'),
      file('config', config({ token: 'abc' })),
    ]);
    expect((await readKubeconfigs(files, undefined)).identity).to.deep.equal({ token: 'abc' });
    const error = await failure(readKubeconfigs(files.slice(0, 2), undefined));
    expect(error.message).to.match(/cannot use the kubeconfig ".*": it is empty/);
  });

  it('may name its server without a scheme, as client-go completes it', async () => {
    const at = async (server: string, cluster: object): Promise<string> =>
      (await readKubeconfigs([await file('config', config({}, { server, ...cluster }))], undefined))
        .server;
    const ca = { 'certificate-authority-data': base64(CA) };
    expect(await at('10.0.0.1:6443', ca)).to.equal('https://10.0.0.1:6443');
    expect(await at('[fd00::1]:6443/', ca)).to.equal('https://[fd00::1]:6443');
    expect(await at('localhost:8080', {})).to.equal('http://localhost:8080');
  });

  it('lists its contexts when the desired one is missing', async () => {
    const error = await failure(readKubeconfigs([await file('config', config({}))], 'lav'));
    expect(error.message).to.match(/it has no context "lav" \(there are: lab\)/);
  });

  const unusable: readonly (readonly [what: string, text: string, reason: RegExp])[] = [
    ['a context that is not there', config({}).replace('"lab"', '"other"'), /no context "other"/],
    [
      'another document',
      'apiVersion: calico-agent/v1\nkind: NetworkConfig\n',
      /NetworkConfig.*, not a kubeconfig/,
    ],
    ['no context at all', '{}', /no current-context; name one in datastore.context/],
    ['a password', config({ username: 'a', password: 'b' }), /use a token or a client certificate/],
    [
      'an auth-provider',
      config({ 'auth-provider': { name: 'gcp' } }),
      /auth-provider, which is not/,
    ],
    ['another name to act as', config({ as: 'bob' }), /impersonates another user \("as"\)/],
    [
      'groups to act for',
      config({ 'as-groups': ['a'] }),
      /impersonates another user \("as-groups"\)/,
    ],
    [
      'a folder in place of an authority',
      config({}, { 'certificate-authority': '/tmp' }),
      /certificate-authority "\/tmp" of the cluster .*: it is a folder, not a file/,
    ],
    ['a proxy', config({}, { 'proxy-url': 'http://p' }), /proxy-url, which is not supported/],
    [
      'a certificate without key',
      config({ 'client-certificate-data': 'QQ==' }),
      /client-key is missing/,
    ],
    [
      'a file that is not there',
      config({ 'client-key': 'k', 'client-certificate': 'c' }),
      /no such file/,
    ],
    ['text that is not YAML', 'a: [', /cannot use the kubeconfig/],
  ];
  for (const [what, text, reason] of unusable) {
    it(`is refused with the reason: ${what}`, async () => {
      expect(await reasonOf(text)).to.match(reason);
    });
  }

  describe('without a name in the settings', () => {
    const found = async (environment: Record<string, string> = {}): Promise<string> =>
      (await findAccess({}, { environment, root: folder })).source;

    it('is searched where programs put theirs, in their order', async () => {
      const places = [
        'etc/kubernetes/admin.conf',
        'etc/rancher/k3s/k3s.yaml',
        'var/snap/microk8s/current/credentials/client.config',
        'root/.kube/config',
      ];
      for (const place of places) {
        await file(place, config({}));
        expect(await found()).to.include(place);
      }
      const named = await file('named', config({}));
      expect(await found({ KUBECONFIG: named })).to.include(named);
    });

    it('is not needed in a pod', async () => {
      const account = 'var/run/secrets/kubernetes.io/serviceaccount';
      const tokenFile = await file(`${account}/token`, 'abc\n');
      await file(`${account}/ca.crt`, CA);
      const environment = {
        KUBERNETES_SERVICE_HOST: 'fd00::1',
        KUBERNETES_SERVICE_PORT: '443',
        KUBECONFIG: '/elsewhere',
      };
      expect(await findAccess({}, { environment, root: folder })).to.deep.include({
        server: 'https://[fd00::1]:443',
        ca: CA,
        identity: { tokenFile },
      });
    });

    it('is requested by the names of the settings when there is none', async () => {
      const error = await failure(findAccess({}, { environment: {}, root: folder }));
      expect(error.message).to.match(/set datastore.kubeconfig, or datastore.server/);
      expect(error.message).not.to.contain('ProtectHome');
    });

    it('is requested by the option of a command that has one', async () => {
      const settings = { advice: 'give --kubeconfig FILE' };
      const error = await failure(findAccess(settings, { environment: {}, root: folder }));
      expect(error.message).to.match(/; give --kubeconfig FILE$/);
    });

    it('may be hidden from a service of systemd, and the message says so', async () => {
      const environment = { INVOCATION_ID: '0123456789abcdef0123456789abcdef' };
      const error = await failure(findAccess({}, { environment, root: folder }));
      expect(error.message).to.contain("hidden by the unit's ProtectHome=yes");
    });
  });

  describe('that is not used, because settings have address and credentials', () => {
    const server = 'https://10.0.0.1:6443';
    const found = (settings: object): ReturnType<typeof findAccess> =>
      findAccess({ server, ...settings }, { environment: {}, root: folder });

    it('have a token, a certificate, and whether to verify the server', async () => {
      const certFile = await file('crt', CERT);
      const keyFile = await file('key', KEY);
      expect(await found({ token: 'abc', certFile, keyFile, insecure: true })).to.deep.equal({
        server,
        source: 'the settings',
        insecure: true,
        identity: { token: 'abc', certificate: { certificate: CERT, key: KEY } },
      });
      const caFile = await file('ca', CA);
      expect(await found({ caFile, insecure: true })).to.include({ ca: CA, insecure: false });
      expect(await found({})).to.deep.include({ insecure: false, identity: {} });
    });

    it('need a certificate with its key', async () => {
      const error = await failure(found({ certFile: '/crt' }));
      expect(error.message).to.match(/needs both, certFile and keyFile/);
    });
  });

  describe('with a credential plugin', () => {
    const apiVersion = 'client.authentication.k8s.io/v1';
    const plugin = async (script: string, more: object = {}): Promise<string> => {
      const program = await file('plugin', `#!/bin/sh\n${script}\n`);
      await chmod(program, 0o755);
      const exec = { apiVersion, command: './plugin', args: ['a b'], ...more };
      return file('config', config({ exec }));
    };
    const credentials = async (
      where: string,
      timeoutMs = 5000,
    ): ReturnType<typeof readCredentials> => {
      const { identity } = await readKubeconfigs([where], undefined);
      return readCredentials(identity, { PATH: process.env['PATH'] }, timeoutMs);
    };
    const answer = (status: object): string =>
      `echo '${JSON.stringify({ apiVersion, kind: 'ExecCredential', status })}'`;

    it('tells it the request, and runs it without a shell', async () => {
      const expirationTimestamp = '2030-01-01T00:00:00Z';
      const given = await credentials(await plugin(answer({ token: 'abc', expirationTimestamp })));
      expect(await given.authorization()).to.equal('Bearer abc');
      expect(given.validUntil).to.equal(Date.parse(expirationTimestamp) - 30_000);
    });

    it('uses its certificate', async () => {
      const status = { clientCertificateData: 'CERT', clientKeyData: 'KEY' };
      const given = await credentials(await plugin(answer(status)));
      expect(given.certificate).to.deep.equal({ certificate: 'CERT', key: 'KEY' });
      expect(await given.authorization()).to.equal(undefined);
    });

    it('tells it what it asked for, and runs it without a shell', async () => {
      const echo = `printf '{"apiVersion":"%s","kind":"ExecCredential","status":{"token":"%s"}}' ${apiVersion} "$(printf '%s|%s|%s' "$1" "$NAME" "$KUBERNETES_EXEC_INFO" | sha256sum | cut -c 1-64)"`;
      const env = [{ name: 'NAME', value: '$(id)' }];
      const given = await credentials(await plugin(echo, { env, provideClusterInfo: true }));
      const cluster = { server: 'https://10.0.0.1:6443', 'insecure-skip-tls-verify': false };
      const info = { apiVersion, kind: 'ExecCredential', spec: { interactive: false, cluster } };
      const { createHash } = await import('node:crypto');
      const expected = createHash('sha256')
        .update(`a b|$(id)|${JSON.stringify(info)}`)
        .digest('hex');
      expect(await given.authorization()).to.equal(`Bearer ${expected}`);
    });

    const failing: readonly (readonly [what: string, script: string, reason: RegExp])[] = [
      [
        'fails',
        'echo top-secret; exit 3',
        /exit status 3; run it by hand to see why; get it there/,
      ],
      ['prints no JSON', 'echo top-secret', /no ExecCredential in JSON/],
      [
        'answers in another version',
        answer({ token: 'x' }).replace('/v1', '/v1beta1'),
        /did not answer in/,
      ],
      ['gives nothing', answer({}), /neither a token nor a certificate/],
      ['does not end', 'exec sleep 60', /did not end within 0.3 s/],
    ];
    for (const [what, script, reason] of failing) {
      it(`reports that it ${what}`, async () => {
        const where = await plugin(script, { installHint: 'get it there' });
        const error = await failure(credentials(where, 300));
        expect(error).to.include({ code: 'datastore-failed', retryable: true });
        expect(error.message).to.match(reason).and.not.include('top-secret');
      });
    }
  });
});
