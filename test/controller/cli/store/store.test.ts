/** Backups, restores and migrations as a person runs them, against running and stopped controllers. */
import { expect } from 'chai';
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import sinon from 'sinon';
import { runCli } from '../../../../controller/cli/run-cli.ts';
import { eventually } from '../../../support/eventually.ts';
import { needsEtcd, startEtcd, type RunningEtcd } from '../../../support/servers/etcd.ts';
import { MemoryAgent } from '../../../support/twins/memory-agent.ts';
import { configWith, Lab } from '../../running.ts';

interface Ended {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

async function run(...argv: readonly string[]): Promise<Ended> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const texts = Promise.all([text(stdout), text(stderr)]);
  const status = await runCli(argv, {
    ...{ stdin, stdout, stderr },
    by: 'test',
    serve: () => Promise.resolve(0),
    initTools: () => Promise.reject(new Error('not used')),
    storeTools: () => import('../../../../controller/store-tools.ts'),
  });
  stdout.end();
  stderr.end();
  const [out, err] = await texts;
  return { status, out, err };
}

describe('calico-controller store', function () {
  this.timeout(120_000);
  let lab: Lab;
  let backup: string;
  beforeEach(async () => {
    lab = await Lab.make();
    backup = path.join(lab.folder, 'controller.backup');
  });
  afterEach(async () => {
    await lab.close();
  });
  const at = (name: string): string => path.join(lab.folder, name);
  /** A controller with one revision, which one node confirmed; it is stopped afterwards. */
  const fill = async (meanwhile: () => Promise<void> = () => Promise.resolve()): Promise<void> => {
    await lab.start();
    const channel = lab.connect(new MemoryAgent({ name: 'node-0' }));
    await eventually(async () => expect((await lab.status()).connected).to.equal(1));
    await lab.push(configWith(64_513), 60);
    await meanwhile();
    await channel.stop();
    await lab.stopController();
  };
  const takeBackup = (): Promise<void> =>
    fill(async () => {
      expect(await run('store', 'backup', backup, '--socket', lab.socket)).to.include({
        status: 0,
      });
    });
  const restoreTo = (stateDirectory: string): Promise<Ended> =>
    run('store', 'restore', backup, '--state-directory', stateDirectory, ...noConfig());
  const noConfig = (): readonly string[] => ['--config', at('controller.yaml')];
  const configure = (store: object): Promise<void> =>
    writeFile(
      at('controller.yaml'),
      JSON.stringify({ apiVersion: 'calico-agent/v1', kind: 'ControllerConfig', store }),
    );
  beforeEach(() => configure({ engine: 'embedded' }));

  it('restores what was there, with answers of nodes, on a new machine', async () => {
    await takeBackup();
    expect((await stat(backup)).mode & 0o777).to.equal(0o600);
    const restored = await restoreTo(at('new'));
    expect(restored).to.include({ status: 0 });
    expect(restored.out).to.match(
      /^restored \d+ records of the cluster "default" to the state directory/u,
    );
    await lab.start({ stateDirectory: at('new') });
    expect((await lab.status()).revision).to.include({ number: 1 });
    expect(await lab.node('node-0')).to.deep.include({ push: { state: 'confirmed' } });
  });

  it('leaves no copy behind, and replaces no file', async () => {
    await takeBackup();
    expect(
      (await readdir(at('state'))).filter((name) => name.startsWith('snapshot')),
    ).to.deep.equal([]);
    await lab.start();
    const before = await readFile(backup, 'utf8');
    const again = await run('store', 'backup', backup, '--socket', lab.socket);
    expect(again.status).to.equal(2);
    expect(again.err).to.contain(`cannot write "${backup}": it exists already`);
    expect(await readFile(backup, 'utf8')).to.equal(before);
    expect((await readdir(lab.folder)).filter((name) => name.startsWith('.'))).to.deep.equal([]);
  });

  it('refuses a damaged backup whole', async () => {
    await takeBackup();
    const whole = await readFile(backup, 'utf8');
    const lines = whole.split('\n').slice(0, -1);
    for (const [what, damaged, reason] of [
      ['a changed digit', whole.replace('64513', '64514'), 'its digest differs'],
      ['no end', `${lines.slice(0, -1).join('\n')}\n`, 'its end is missing'],
      ['half a line', whole.slice(0, -20), 'its last line is cut off'],
      ['a missing record', `${lines.toSpliced(2, 1).join('\n')}\n`, 'its digest differs'],
      ['a record twice', `${lines.toSpliced(2, 0, lines[2] ?? '').join('\n')}\n`, 'twice'],
      ['more behind its end', `${whole}${lines[1] ?? ''}\n`, 'it goes on behind its end'],
      ['nothing', '', 'its end is missing'],
      ['other content', 'hello\n', 'a line of it has no known form'],
      ['a newer format', whole.replace('"formatVersion":1', '"formatVersion":2'), 'version 2'],
    ] as const) {
      await writeFile(backup, damaged);
      const { status, err } = await restoreTo(at('new'));
      expect(status, what).to.equal(1);
      expect(err, what).to.contain(reason);
    }
    expect(await readdir(lab.folder)).not.to.include('new');
  });

  it('refuses a store that is there, and a controller that runs', async () => {
    await takeBackup();
    const there = await restoreTo(at('state'));
    expect(there.status).to.equal(2);
    expect(there.err).to.contain('there is one already; move it and store.db-wal away');
    await lab.start();
    const running = await restoreTo(at('state'));
    expect(running.status).to.equal(1);
    expect(running.err).to.contain('stop it first');
  });

  it('makes no files in the state directory of another user, whose controller could not use them', async () => {
    await takeBackup();
    await mkdir(at('new'));
    const owner = process.geteuid?.() ?? 0;
    const user = sinon.stub(process, 'geteuid').returns(owner + 1);
    try {
      const refused = await restoreTo(at('new'));
      expect(refused.status).to.equal(1);
      expect(refused.err).to.contain(
        `it belongs to the user with the ID ${String(owner)}, whose controller could not use`,
      );
      expect(refused.err).to.contain(`sudo -u '#${String(owner)}' calico-controller store`);
      expect(await readdir(at('new'))).to.deep.equal([]);
    } finally {
      user.restore();
    }
    expect(await restoreTo(at('new'))).to.include({ status: 0 });
  });

  it('names what is missing', async () => {
    await mkdir(at('empty'));
    const embedded = await run('store', 'migrate', '--to', 'etcd', ...noConfig());
    expect(embedded.err).to.contain('controller.yaml does not name etcd');
    const absent = await run('store', 'restore', at('none'), ...noConfig());
    expect(absent).to.include({ status: 1 });
    expect(absent.err).to.contain(`cannot read "${at('none')}"`);
  });

  describe('with etcd', () => {
    let etcd: RunningEtcd;
    before(async function () {
      needsEtcd(this);
      etcd = await startEtcd();
    });
    after(async () => {
      await etcd.stop();
    });
    beforeEach(() => configure({ engine: 'etcd', endpoints: [etcd.endpoint] }));
    afterEach(async () => {
      await etcd.etcdctl('del', '--prefix', '/calico-controller/');
    });
    const startOnEtcd = async (): Promise<void> => {
      await lab.start({
        stateDirectory: at('other'),
        etcd: { endpoints: [etcd.endpoint], timeoutSeconds: 20 },
      });
      await lab.controller?.opened;
    };
    const migrate = (to: string, stateDirectory: string): Promise<Ended> =>
      run('store', 'migrate', '--to', to, '--state-directory', stateDirectory, ...noConfig());

    it('moves the state to etcd, where a controller was started too early, and back', async () => {
      await fill();
      await startOnEtcd();
      await lab.stopController();
      const other = await run(
        ...['store', 'migrate', '--to', 'etcd', '--cluster', 'other'],
        ...['--state-directory', at('state'), ...noConfig()],
      );
      expect(other.status).to.equal(2);
      expect(other.err).to.contain('it belongs to the cluster "default", not "other"');
      const there = await migrate('etcd', at('state'));
      expect(there).to.include({ status: 0 });
      expect(there.out).to.contain('to etcd below "/calico-controller/default/"');
      await startOnEtcd();
      expect((await lab.status()).revision).to.include({ number: 1 });
      expect((await lab.push(configWith(64_514))).revision.number).to.equal(2);
      await lab.stopController();
      expect(await migrate('embedded', at('back'))).to.include({ status: 0 });
      await lab.start({ stateDirectory: at('back') });
      expect((await lab.status()).revision).to.include({ number: 2 });
      expect(await lab.node('node-0')).to.include({ name: 'node-0' });
    });

    it('restores a backup of either engine, and never over a store with content', async () => {
      await takeBackup();
      const arguments_ = ['store', 'restore', backup, ...noConfig()];
      expect(await run(...arguments_)).to.include({ status: 0 });
      const again = await run(...arguments_);
      expect(again.status).to.equal(2);
      expect(again.err).to.match(
        /it holds \d+ records already, perhaps because .*; name an empty one/,
      );
      await startOnEtcd();
      const running = await run(...arguments_);
      expect(running.err).to.match(
        /cannot use etcd .*: the controller on .* leads; stop all controllers of the cluster first\n/,
      );
      expect(running.err).not.to.contain('stands by');
      const copy = at('copy');
      expect(await run('store', 'backup', copy, '--socket', lab.socket)).to.include({ status: 0 });
      const bodyOf = async (file: string): Promise<readonly string[]> =>
        (await readFile(file, 'utf8')).split('\n').slice(1, -2).toSorted();
      expect(await bodyOf(copy)).to.deep.equal(await bodyOf(backup));
    });

    it('is used by no controller while a restore is not done, and a further one begins anew', async () => {
      await takeBackup();
      const prefix = '/calico-controller/default/';
      await etcd.put(`${prefix}controller/restoring`, { formatVersion: 1 });
      await etcd.put(`${prefix}node/default/half`, { formatVersion: 1 });
      await lab.start({
        stateDirectory: at('other'),
        etcd: { endpoints: [etcd.endpoint], timeoutSeconds: 20 },
      });
      expect((await lab.status()).problem).to.contain('it is being filled from a backup');
      await lab.stopController();
      expect(await run('store', 'restore', backup, ...noConfig())).to.include({ status: 0 });
      await startOnEtcd();
      expect((await lab.status()).known).to.equal(1);
      expect((await lab.status()).revision).to.include({ number: 1 });
    });
  });
});
