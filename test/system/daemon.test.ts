/** The daemon as people run it: a process, sockets, signals, files, kill -9. */
import { expect } from 'chai';
import { watch } from 'node:fs';
import { access, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readHistory } from '../../agent/compose.ts';
import { AppError } from '../../runtime/errors.ts';
import { createUnixHttpClient } from '../../runtime/http/unix-client.ts';
import { eventually } from '../support/eventually.ts';
import { spawnDaemon, type Daemon } from '../support/machine/daemon.ts';

type Json = Readonly<Record<string, unknown>>;

describe('the daemon', function () {
  this.timeout(60_000);
  let folder: string;
  let daemons: Daemon[];
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-daemon-'));
    daemons = [];
  });
  afterEach(async () => {
    await Promise.all(
      daemons
        .filter((one) => one.process.exitCode === null && one.process.signalCode === null)
        .map((one) => one.kill('SIGKILL')),
    );
    await rm(folder, { recursive: true });
  });

  const at = (name: string): string => path.join(folder, name);
  const configure = (changes: Json = {}): Promise<void> =>
    writeFile(
      at('agent.yaml'),
      JSON.stringify({
        apiVersion: 'calico-agent/v1',
        kind: 'AgentConfig',
        node: { name: 'node-0', units: ['calico/0'], addresses: ['10.0.0.2/24'] },
        stateDirectory: at('state'),
        socket: at('agent.sock'),
        statusSocket: at('status.sock'),
        ...changes,
      }),
    );
  const launch = (): Daemon => {
    const daemon = spawnDaemon(at('agent.yaml'), at('agent.sock'));
    daemons.push(daemon);
    return daemon;
  };
  const start = async (): Promise<Daemon> => {
    const daemon = launch();
    await daemon.logged('listening');
    return daemon;
  };
  const put = async ({ client }: Daemon, body: string): Promise<Json> => {
    const request = {
      method: 'PUT',
      path: '/v1/config?wait=30',
      mediaType: 'application/yaml',
    } as const;
    return JSON.parse((await client.request({ ...request, body, timeoutMs: 40_000 })).body);
  };
  const status = async ({ client }: Daemon): Promise<Json> =>
    JSON.parse((await client.request({ method: 'GET', path: '/v1/status' })).body);
  const documents = async (): Promise<string[]> =>
    (await readdir(at('state/resources'))).filter((name) => name.endsWith('.yaml')).sort();

  it('applies a configuration, keeps it over a restart, and stops cleanly', async () => {
    await configure();
    const daemon = await start();
    const config = await readFile('examples/as-per-rack/config.yaml', 'utf8');
    expect(await put(daemon, config)).to.deep.include({
      result: 'accepted',
      ended: { result: 'confirmed' },
    });
    const before = await documents();
    expect(before).to.include('50-bgpconfiguration-default.yaml');
    expect(await daemon.kill('SIGTERM')).to.equal(0);
    for (const name of ['agent.sock', 'status.sock', 'state/lock']) {
      expect(
        await access(at(name)).then(
          () => true,
          () => false,
        ),
        name,
      ).to.equal(false);
    }
    const again = await start();
    expect(await put(again, config)).to.deep.include({
      result: 'already',
      ended: { result: 'confirmed' },
    });
    expect(await documents()).to.deep.equal(before);
    expect(await again.kill('SIGINT')).to.equal(0);
    const { revisions: history } = await readHistory(at('state'));
    expect(history.map(({ number, states }) => [number, states.length])).to.deep.equal([[1, 3]]);
  });

  it('finishes after kill -9 the change that it had begun', async () => {
    await configure();
    await mkdir(at('state/resources'), { recursive: true });
    const daemon = await start();
    const addresses = Array.from(
      { length: 250 },
      (_, index) => `{address: 10.9.0.${String(index + 1)}, as-number: 65001}`,
    );
    const config = `global-as-number: 65000\nnode-to-node-mesh: true\nglobal-bgp-peers: [${addresses.join(', ')}]\n`;
    const offered = put(daemon, config).catch(() => undefined);
    const watcher = watch(at('state/resources'));
    await new Promise<void>((resolve) => {
      watcher.on('change', (_event, name) => {
        if (String(name).endsWith('.yaml')) resolve();
      });
    });
    expect(await daemon.kill('SIGKILL')).to.equal('SIGKILL');
    watcher.close();
    await offered;
    expect((await documents()).length).to.be.lessThan(251);
    const journal: Json = JSON.parse(await readFile(at('state/journal.json'), 'utf8'));
    expect(journal).to.include({ stepsDone: 0, attempts: 1 });

    await writeFile(at('state/resources/.bgppeer-x.yaml.1-a.unfinished'), 'half');
    const next = await start();
    expect(await put(next, config)).to.deep.include({
      result: 'already',
      ended: { result: 'confirmed' },
    });
    expect(await documents()).to.have.length(251);
    expect(
      (await readdir(at('state/resources'))).filter((name) => name.includes('unfinished')),
    ).to.deep.equal([]);
    expect((await readdir(at('state'))).includes('journal.json')).to.equal(false);
    const { revisions } = await readHistory(at('state'));
    const [only, ...others] = revisions;
    expect(others).to.deep.equal([]);
    expect(only?.outcome).to.include({ result: 'applied', changes: 251 });
  });

  it('leaves everything as it is when a configuration is refused', async () => {
    await configure();
    const daemon = await start();
    await put(daemon, 'global-as-number: 65001\n');
    const before = await status(daemon);
    const error: unknown = await put(daemon, 'global-as-number: 0\n').catch(
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(AppError).and.to.include({ code: 'invalid-config' });
    expect(await status(daemon)).to.deep.equal(before);
  });

  it('does not run twice on one state directory', async () => {
    await configure();
    await start();
    await configure({ socket: at('other.sock'), statusSocket: at('other-status.sock') });
    const second = launch();
    expect(await second.logged('cannot use')).to.contain(at('state'));
    expect(await second.ended()).to.equal(1);
  });

  it('lets every user read and none change on the status socket', async () => {
    await configure();
    await start();
    expect((await stat(at('status.sock'))).mode & 0o777).to.equal(0o666);
    expect((await stat(at('agent.sock'))).mode & 0o777).to.equal(0o660);
    const client = createUnixHttpClient(at('status.sock'), { startHint: '' });
    expect((await client.request({ method: 'GET', path: '/v1/status' })).status).to.equal(200);
    const request = {
      method: 'PUT',
      path: '/v1/config',
      body: 'a: 1',
      mediaType: 'application/yaml',
    } as const;
    const error: unknown = await client.request(request).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(AppError).and.to.include({ code: 'access-denied' });
  });

  it('reads its settings again on SIGHUP; a bad file changes nothing', async () => {
    await configure();
    const daemon = await start();
    await put(daemon, 'unit-as-numbers: {7: 65007}\nglobal-as-number: 65001\n');
    await configure({ node: { name: 'node-0', units: ['calico/7'], addresses: ['10.0.0.2/24'] } });
    daemon.process.kill('SIGHUP');
    await daemon.logged('settings read again');
    expect(await status(daemon)).to.have.property('node', 'node-0');
    const facts: Json = JSON.parse(
      (await daemon.client.request({ method: 'GET', path: '/v1/facts' })).body,
    );
    expect(facts['units']).to.deep.equal(['calico/7']);
    await configure({ datastore: { driver: 'files', directory: at('elsewhere') } });
    daemon.process.kill('SIGHUP');
    await daemon.logged('a change of settings needs a restart');
    expect(await status(daemon)).to.deep.include({ restartNeeded: ['datastore'] });
    await writeFile(
      at('agent.yaml'),
      'apiVersion: calico-agent/v1\nkind: AgentConfig\nsockett: x\n',
    );
    daemon.process.kill('SIGHUP');
    expect(await daemon.logged('sockett')).to.contain('agent.yaml:3');
    await daemon.logged('the settings stay as they were');
    await eventually(async () => expect(await status(daemon)).to.include({ state: 'in-force' }));
  });

  it('explains what is wrong with agent.yaml and ends with 2', async () => {
    await writeFile(
      at('agent.yaml'),
      'apiVersion: calico-agent/v1\nkind: AgentConfig\nsource: nobody\n',
    );
    const daemon = launch();
    expect(await daemon.logged('agent.yaml:3')).to.contain('source');
    expect(await daemon.ended()).to.equal(2);
  });
});
