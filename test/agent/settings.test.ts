import { expect } from 'chai';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readSettings } from '../../agent/settings.ts';
import { AppError } from '../../runtime/errors.ts';

describe('agent.yaml', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-settings-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const read = async (text: string): ReturnType<typeof readSettings> => {
    const file = path.join(folder, 'agent.yaml');
    await writeFile(file, text);
    return readSettings(file);
  };
  const failure = async (text: string): Promise<AppError> => {
    const error: unknown = await read(text).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error instanceof AppError) return error;
    throw new Error('it was not refused');
  };
  const head = 'apiVersion: calico-agent/v1\nkind: AgentConfig\n';

  it('gives one role or several', async () => {
    expect((await read(head)).roles).to.deep.equal(['node']);
    expect((await read(`${head}role: lxd-host\n`)).roles).to.deep.equal(['lxd-host']);
    const both = await read(`${head}roles: [node, lxd-host]\n`);
    expect(both.roles).to.deep.equal(['node', 'lxd-host']);
    const { issues } = await failure(`${head}roles: [node, router]\n`);
    expect(issues[0]?.pointer).to.equal('/roles/1');
  });

  it('may be absent when nobody named it', async () => {
    const settings = await readSettings(undefined);
    expect(settings).to.include({
      stateDirectory: '/var/lib/calico-agent',
      socket: '/run/calico-agent/agent.sock',
      statusSocket: '/run/calico-agent/status.sock',
    });
    expect(settings.datastore).to.deep.equal({
      driver: 'files',
      folder: '/var/lib/calico-agent/resources',
      tool: 'calicoctl',
    });
    expect(settings.agent).to.deep.equal({
      node: {},
      reconcileSeconds: 60,
      guard: 'auto',
      acceptLoss: { local: false, juju: true, controller: true },
      driftPolicy: 'correct',
      staleNodes: { policy: 'report', afterSeconds: 86_400 },
    });
  });

  it('says whether guard routes are allowed, and with which table and rules', async () => {
    const usual = await read(head);
    expect([usual.guard, usual.agent.guard]).to.deep.equal([
      { table: 4711, priority: 32_764 },
      'auto',
    ]);
    const changes = '{guard: never, guardTable: 900, guardPriority: 100}';
    const own = await read(`${head}changes: ${changes}\n`);
    expect([own.guard, own.agent.guard]).to.deep.equal([{ table: 900, priority: 100 }, 'never']);
    for (const wrong of ['guardTable: 254', 'guardPriority: 32766', 'guard: sometimes']) {
      const error = await failure(`${head}changes: {${wrong}}\n`);
      expect(error.issues[0]?.pointer).to.match(/^\/changes\/guard/);
    }
  });

  it('names the sources whose changes may cost traffic without a question', async () => {
    const own = await read(`${head}changes: {acceptLoss: {apply: true, juju: false}}\n`);
    expect(own.agent.acceptLoss).to.deep.equal({ local: true, juju: false, controller: true });
  });

  it('has to exist when somebody named it', async () => {
    const error: unknown = await readSettings('/none.yaml').catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(AppError);
    expect(String(error)).to.contain('cannot read "/none.yaml": no such file');
  });

  it('is read as YAML and as JSON alike', async () => {
    const yaml = await read(
      `${head}node: {name: a}\nstateDirectory: /s\ndatastore: {driver: files, for: kubectl}\n`,
    );
    const json = await read(
      JSON.stringify({
        apiVersion: 'calico-agent/v1',
        kind: 'AgentConfig',
        node: { name: 'a' },
        stateDirectory: '/s',
        datastore: { driver: 'files', for: 'kubectl' },
      }),
    );
    expect(yaml).to.deep.equal(json);
    expect(yaml.datastore).to.deep.equal({
      driver: 'files',
      folder: '/s/resources',
      tool: 'kubectl',
    });
  });

  it('names its datastore, and has the settings of that datastore alone', async () => {
    const textOf = (datastore: object): string =>
      JSON.stringify({ apiVersion: 'calico-agent/v1', kind: 'AgentConfig', datastore });
    const etcd = { driver: 'etcd', endpoints: ['https://[2001:db8::1]:2379'], caFile: '/ca.pem' };
    expect((await read(textOf(etcd))).datastore).to.deep.equal(etcd);
    const kubernetes = { driver: 'kubernetes', kubeconfig: '/k', leaseNamespace: 'calico-system' };
    expect((await read(textOf(kubernetes))).datastore).to.deep.equal(kubernetes);
    const error = await failure(textOf({ driver: 'etcd', kubeconfig: '/k' }));
    expect(error.code).to.equal('invalid-settings');
    expect(error.issues.map(({ pointer }) => pointer)).to.deep.equal(['/datastore/kubeconfig']);
    const unknown = await failure(textOf({ driver: 'consul' }));
    expect(unknown.issues.map(({ pointer }) => pointer)).to.deep.equal(['/datastore/driver']);
  });

  it('is refused with all its issues at once, each with its place', async () => {
    const error = await failure(`${head}sockett: /a\nsource: nobody\nreconcileSeconds: 0\n`);
    expect(error.code).to.equal('invalid-settings');
    expect(error.issues.map(({ pointer, line }) => [pointer, line])).to.have.deep.members([
      ['/sockett', 3],
      ['/source', 4],
      ['/reconcileSeconds', 5],
    ]);
    expect(error.issues.find(({ pointer }) => pointer === '/sockett')?.hint).to.contain('socket');
  });

  it('has to say how the agent presents itself to its controller', async () => {
    const said = async (controller: string): Promise<readonly (string | undefined)[]> => {
      const [issue] = (await failure(`${head}controller: {${controller}}\n`)).issues;
      return [issue?.pointer, issue?.hint];
    };
    expect(await said('url: "wss://c:1"')).to.deep.equal([
      '/controller',
      'write identity: { certFile: FILE, keyFile: FILE }, or tokenFile: FILE',
    ]);
    const identity = 'identity: {certFile: /c, keyFile: /k}';
    expect(await said(`url: "ws://127.0.0.1:1", ${identity}`)).to.deep.equal([
      '/controller/url',
      'write wss:// in place of ws://',
    ]);
    const { controller } = await read(`${head}controller: {url: "wss://c:1", ${identity}}\n`);
    expect(controller?.identity).to.deep.equal({ certFile: '/c', keyFile: '/k' });
  });

  describe('name several controllers', () => {
    const named = (urls: readonly unknown[], more = 'tokenFile: /t'): string =>
      `${head}controller: {url: ${JSON.stringify(urls)}, ${more}}\n`;
    const issuesOf = async (text: string): Promise<(readonly [string, string])[]> =>
      (await failure(text)).issues.map(({ pointer, message }) => [pointer, message] as const);

    it('from one up to sixteen', async () => {
      const urls = Array.from({ length: 17 }, (_, index) => `wss://[2001:db8::${String(index)}]:1`);
      for (const count of [1, 16]) {
        const { controller } = await read(named(urls.slice(0, count)));
        expect(controller?.url).to.deep.equal(urls.slice(0, count));
      }
      expect(await issuesOf(named([]))).to.deep.equal([
        ['/controller/url', '"url" must be filled in, but is an empty list'],
      ]);
      expect(await issuesOf(named(urls))).to.deep.equal([
        ['/controller/url', '"url" must be at most 16 entries long, but is a list of 17'],
      ]);
    });

    it('and every fault is shown at its address', async () => {
      expect(await issuesOf(named(['wss://a:1', 'https://b:1', 7]))).to.deep.equal([
        [
          '/controller/url/1',
          '"url" entry 2 must be an address that begins with ws:// or wss://, but is the text "https://b:1"',
        ],
        ['/controller/url/2', '"url" entry 3 must be a text, but is 7'],
      ]);
      const urls = ['wss://a:1', 'ws://10.0.0.1:1', 'wss://', 'wss://me:s3cret@a:1', 'wss://a:1'];
      const found = await issuesOf(named(urls));
      expect(found.map(([pointer]) => pointer)).to.deep.equal(
        [1, 2, 3, 4].map((index) => `/controller/url/${String(index)}`),
      );
      expect(found.map(([, message]) => message).join('\n'))
        .to.contain('ws:// would send the token')
        .and.to.contain('it is no address')
        .and.to.contain('it has a name or password in it')
        .and.to.contain('"url" entry 1 has the same address')
        .and.not.to.contain('s3cret');
      expect(
        await issuesOf(named(['wss://h:1', 'wss://h:1/', 'wss://H:1/v1/agents'])),
      ).to.deep.equal([
        ['/controller/url/1', '"url" entry 1 has the same address'],
        ['/controller/url/2', '"url" entry 1 has the same address'],
      ]);
      const identity = 'identity: {certFile: /c, keyFile: /k}';
      expect(await issuesOf(named(['wss://a:1', 'ws://127.0.0.1:1'], identity))).to.deep.equal([
        ['/controller/url/1', 'a certificate can be presented to a controller with TLS only'],
      ]);
    });

    it('and a single address that cannot be used does not keep the agent from starting', async () => {
      const { controller } = await read(
        `${head}controller: {url: "ws://10.0.0.1:1", tokenFile: /t}\n`,
      );
      expect(controller?.url).to.equal('ws://10.0.0.1:1');
    });
  });

  it('is recognised when it is another document, and not refused key by key', async () => {
    const error = await failure('apiVersion: calico-agent/v1\nkind: NetworkConfig\nbgp: {}\n');
    expect(error.issues.map(({ code }) => code)).to.deep.equal(['unknown-document']);
    expect(error.issues[0]?.message).to.match(/NetworkConfig.*, not the settings of an agent/);
    expect(error.issues[0]?.hint).to.contain('calico-agent apply FILE');
    const headless = await failure('datastore: {driver: etcd}\n');
    expect(headless.issues.map(({ pointer }) => pointer)).to.include('');
    expect(headless.issues.map(({ code }) => code)).to.not.include('unknown-document');
  });

  it('is refused with its place when it is not YAML', async () => {
    const error = await failure(`${head}node: [`);
    expect(error.issues[0]).to.have.property('line');
  });

  it('wins over Juju, which may only set the keys that it leaves open', async () => {
    await mkdir(path.join(folder, 'juju'));
    const juju = {
      apiVersion: 'calico-agent/v1',
      kind: 'AgentConfig',
      datastore: { driver: 'etcd', endpoints: ['https://10.0.0.5:2379'] },
      unitApplication: 'calico',
    };
    await writeFile(path.join(folder, 'juju/agent.json'), JSON.stringify(juju));
    const state = `stateDirectory: ${folder}\n`;
    const open = await read(head + state);
    expect(open.datastore).to.deep.equal(juju.datastore);
    expect(open.agent.unitApplication).to.equal('calico');
    expect(open.jujuSettings).to.deep.equal({ text: JSON.stringify(juju), config: juju });
    const own = await read(`${head}${state}datastore: {driver: kubernetes}\n`);
    expect(own.datastore).to.deep.equal({ driver: 'kubernetes' });
  });

  it('starts without settings of Juju that cannot be used, so that Juju can send them again', async () => {
    await mkdir(path.join(folder, 'juju'));
    for (const text of ['{', '{"apiVersion":"calico-agent/v2"}', 'x'.repeat(1024 * 1024 + 1)]) {
      await writeFile(path.join(folder, 'juju/agent.json'), text);
      const found = await read(`${head}stateDirectory: ${folder}\n`);
      expect(found.jujuSettings).to.equal(undefined);
      expect(found.jujuProblem).to.have.property('message').that.contains('juju/agent.json');
    }
  });
});
