/** calico-controller init, where something is there already, or cannot be written. */
import { expect } from 'chai';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable, Writable } from 'node:stream';
import { makeAuthority } from '../../../controller/adapters/authority/make-authority.ts';
import { runCli } from '../../../controller/cli/run-cli.ts';
import * as initTools from '../../../controller/init-tools.ts';
import { failure } from '../../support/failure.ts';

const head = 'apiVersion: calico-agent/v1\nkind: ControllerConfig\n';

describe('calico-controller init', () => {
  let folder: string;
  let config: string;
  let state: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-controller-init-'));
    config = path.join(folder, 'controller.yaml');
    state = path.join(folder, 'state');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function init(
    ...more: readonly string[]
  ): Promise<{ readonly status: number; readonly out: string; err: string }> {
    const texts = { out: '', err: '' };
    const sink = (name: keyof typeof texts): Writable =>
      new Writable({
        write: (chunk: Buffer, _encoding, done) => {
          texts[name] += chunk.toString();
          done();
        },
      });
    const options = ['--name', '127.0.0.1', '--state-directory', state, '--config', config];
    const status = await runCli(['init', ...options, ...more], {
      stdin: Readable.from([]),
      stdout: sink('out'),
      stderr: sink('err'),
      by: 'alice@node-0',
      serve: () => Promise.resolve(0),
      initTools: () => Promise.resolve(initTools),
      storeTools: () => Promise.reject(new Error('not here')),
    });
    return { status, ...texts };
  }
  const filesOf = async (where: string): Promise<Record<string, string>> => {
    const names = await readdir(where).catch(() => []);
    const texts = names.map(async (name) => [
      name,
      (await stat(path.join(where, name))).isFile()
        ? await readFile(path.join(where, name), 'latin1')
        : '',
    ]);
    return Object.fromEntries(await Promise.all(texts));
  };

  it('changes nothing when it runs twice, and says how to make a token', async () => {
    const first = await init();
    expect(first.status).to.equal(0);
    const authority = path.join(state, 'authority');
    const [before, settings] = [await filesOf(authority), await readFile(config, 'utf8')];
    expect(Object.keys(before).sort()).to.include.members(['authority.key', 'server.pem']);
    const second = await init();
    expect([second.status, second.out]).to.deep.equal([2, '']);
    expect(second.err).to.contain('there is one in').and.contain('token create makes a token');
    expect(await filesOf(authority)).to.deep.equal(before);
    expect(await readFile(config, 'utf8')).to.equal(settings);
  });

  it('makes the token that an interrupted run has not made', async () => {
    await init();
    await rm(path.join(state, 'store.db'));
    await rm(path.join(state, 'store.db-wal'), { force: true });
    const authority = path.join(state, 'authority');
    const [before, settings] = [await filesOf(authority), await readFile(config, 'utf8')];
    const second = await init();
    expect([second.status, second.err]).to.deep.equal([0, '']);
    expect(second.out)
      .to.match(/^found the authority in .*\n(?:.*\n)*token {6}\S+\n/)
      .and.contain('calico-agent enroll --controller wss://127.0.0.1:7843');
    expect(await filesOf(authority)).to.deep.equal(before);
    expect(await readFile(config, 'utf8')).to.equal(settings);
  });

  it('completes no run for another state directory or another cluster', async () => {
    expect((await init('--cluster', 'east')).status).to.equal(0);
    const refused = `there is one in "${path.join(state, 'authority')}"`;
    const elsewhere = path.join(folder, 'elsewhere');
    const other = await init('--cluster', 'east', '--state-directory', elsewhere);
    expect([other.status, other.out]).to.deep.equal([2, '']);
    expect(other.err).to.contain(refused);
    expect(await filesOf(elsewhere)).to.deep.equal({});
    for (const name of ['store.db', 'store.db-wal']) {
      await rm(path.join(state, name), { force: true });
    }
    const unnamed = await init();
    expect([unnamed.status, unnamed.out]).to.deep.equal([2, '']);
    expect(unnamed.err).to.contain(refused);
    expect(await readdir(state)).to.not.include('store.db');
    expect((await init('--cluster', 'east')).out).to.contain(' --cluster east ');
  });

  it('says why it cannot make the missing token', async () => {
    await init();
    await writeFile(path.join(state, 'store.db'), 'no store');
    await rm(path.join(state, 'store.db-wal'), { force: true });
    const { status, err } = await init();
    expect(status).to.equal(1);
    expect(err).to.match(/no token was made: cannot .*store\.db/);
  });

  const others = [
    ['a certificate of another authority', 'certFile: /a.pem, keyFile: /a.key', 'tls.certFile'],
    [
      'another authority of the nodes',
      'certFile: /a.pem, keyFile: /a.key, clientCaFile: /b.pem',
      'tls.clientCaFile',
    ],
  ] as const;
  for (const [what, tls, setting] of others) {
    it(`refuses beside ${what}, before it makes anything`, async () => {
      const text = `${head}tls: { ${tls} }\n`;
      await writeFile(config, text);
      const { status, err } = await init();
      expect(status).to.equal(2);
      expect(err).to.contain(setting).and.contain('add authority.folder by hand');
      expect(await readdir(folder)).to.deep.equal(['controller.yaml']);
      expect(await readFile(config, 'utf8')).to.equal(text);
    });
  }

  const ofOneCluster = [
    ['its store', 'state/store.db', ''],
    ['the files of an earlier version', 'state/fleet.json', ''],
    ['its audit log', 'state/audit', ''],
    ['settings of its own', 'controller.yaml', `${head}sharedToken: allowed\n`],
  ] as const;
  for (const [what, file, text] of ofOneCluster) {
    it(`does not put a cluster in the place of another one that has ${what}`, async () => {
      await mkdir(state);
      await writeFile(path.join(folder, file), text);
      const before = await readdir(folder, { recursive: true });
      const { status, err } = await init('--cluster', 'east', '--listen', '127.0.0.1:7853');
      expect(status).to.equal(2);
      expect(err).to.contain(file).and.contain('list that one under clusters first');
      expect(await readdir(folder, { recursive: true })).to.deep.equal(before);
    });
  }

  it('makes nothing for an address that serve or a certificate would refuse', async () => {
    for (const address of ['127.0.0.1', '127.0.0.1:99999', '127.0.0.1:0', ':7843']) {
      const { status, err } = await init('--cluster', 'east', '--listen', address);
      expect(status, address).to.equal(2);
      expect(err).to.contain('Write HOST:PORT or [IPV6]:PORT, with a port from 1 to 65535.');
    }
    for (const name of ['256.1.1.1', 'ex..org', 'example.-org', '.org']) {
      const { status, err } = await init('--name', name);
      expect(status, name).to.equal(2);
      expect(err).to.contain(`"${name}" is neither a DNS name nor an address`);
    }
    expect(await readdir(folder)).to.deep.equal([]);
  });

  it('leaves the shared token as it is where there are settings, and says so', async () => {
    expect((await init()).out).to.not.contain('--token-file; where');
    await rm(state, { recursive: true });
    await writeFile(config, head);
    expect((await init()).out).to.contain(
      `where no agent uses it, set sharedToken: refused in ${config}`,
    );
    expect(await readFile(config, 'utf8')).to.not.contain('sharedToken');
  });

  it('makes what is missing after a run that was cut off at any file', async () => {
    const wanted = { folder: state, cluster: 'default', names: ['127.0.0.1'], now: Date.now() };
    await makeAuthority(wanted);
    const whole = await filesOf(state);
    const made = ['authority.key', 'authority.pem', 'server.key', 'server.pem'];
    for (const [at] of made.entries()) {
      for (const name of made.slice(at)) await rm(path.join(state, name));
      // Half a file of the killed run.
      await writeFile(path.join(state, `.${made[at] ?? ''}.x.unfinished`), 'half');
      expect((await makeAuthority(wanted)).made.map((file) => path.basename(file))).to.deep.equal(
        made.slice(at),
      );
      const now = await filesOf(state);
      expect(Object.keys(now).sort()).to.deep.equal(Object.keys(whole).sort());
      for (const name of made.slice(0, at)) expect(now[name]).to.equal(whole[name]);
      for (const name of made) whole[name] = now[name] ?? '';
    }
  });

  it('leaves no half file where the disk does not take it, and says why', async function () {
    // /dev/full exists on Linux only, and a folder that root cannot write needs no root.
    if (process.geteuid?.() === 0) {
      // Something else stands where the folder has to be.
      await writeFile(state, 'a file');
      const { status, err } = await init();
      expect(status).to.equal(1);
      expect(err).to.contain(state);
      expect(await readdir(folder)).to.deep.equal(['state']);
      return;
    }
    await mkdir(state);
    await chmod(state, 0o500);
    const { status, err } = await init();
    expect(status).to.equal(1);
    expect(err).to.contain('permission denied');
    expect(await readdir(state)).to.deep.equal([]);
    expect(await failure(readFile(config))).to.include({ code: 'ENOENT' });
  });
});
