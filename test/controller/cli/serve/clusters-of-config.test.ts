import { expect } from 'chai';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { CommandContext } from '../../../../controller/cli/command-context.ts';
import { runCli } from '../../../../controller/cli/run-cli.ts';
import type { ServeSettings, SeveralClusters } from '../../../../controller/settings.ts';

const head = 'apiVersion: calico-agent/v1\nkind: ControllerConfig\n';

/** Tools that make nothing, and note what they would make. */
function noted(made: string[]): CommandContext['initTools'] {
  return () =>
    Promise.resolve({
      ownNames: () => ['controller.example.org'],
      stateIn: () => Promise.resolve(undefined),
      initAuthority: ({ folder: at }) => {
        made.push(at);
        const authority = { digest: 'sha256:1', isOfCluster: true, names: ['a'] };
        return Promise.resolve({ made: ['authority.pem'], ...authority });
      },
      firstToken: ({ cluster, stateDirectory }) => {
        made.push(`${cluster} ${stateDirectory}`);
        const token = { id: '1', at: '', by: '', expiresAt: '', uses: 1, used: 0 };
        return Promise.resolve({ token, text: 'secret' });
      },
    });
}

describe('the clusters of controller.yaml', () => {
  let folder: string;
  let config: string;
  let served: ServeSettings | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-clusters-yaml-'));
    config = path.join(folder, 'controller.yaml');
    served = undefined;
  });
  afterEach(() => rm(folder, { recursive: true }));

  const run = async (
    args: readonly string[],
    tools: Partial<CommandContext> = {},
  ): Promise<{ readonly status: number; readonly out: string; readonly err: string }> => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const [out, err] = [text(stdout), text(stderr)];
    const status = await runCli([...args, '--config', config], {
      stdin: new PassThrough(),
      stdout,
      stderr,
      by: 'ann@host',
      initTools: () => Promise.reject(new Error('not used')),
      storeTools: () => Promise.reject(new Error('not used')),
      serve: (settings) => {
        served = settings;
        return Promise.resolve(0);
      },
      ...tools,
    });
    stdout.end();
    stderr.end();
    return { status, out: await out, err: await err };
  };
  const serve = async (
    clusters: string,
    ...more: readonly string[]
  ): Promise<{ readonly err: string; readonly settings: SeveralClusters | undefined }> => {
    await writeFile(config, head + clusters);
    const { err } = await run(['serve', '--state-directory', '/state', ...more]);
    return { err, settings: served !== undefined && 'clusters' in served ? served : undefined };
  };

  it('have folders, keys and sources of their own, and share the rest', async () => {
    const { settings } = await serve(
      `
tls: { certFile: server.pem, keyFile: server.key }
store: { engine: etcd, endpoints: ["http://10.0.0.1:2379"], prefix: /calico/ }
approvals: { required: 1 }
clusters:
  - { name: east, listen: "10.0.0.10:7843", authority: {} }
  - name: west
    listen: "[fd00::10]:7844"
    tokenFile: west.token
    store: { engine: embedded }
    approvals: { required: 2, byAnother: false }
    people: [{ name: ann, roles: [apply] }]
    source: { folder: /srv/west, file: network.yaml }
    forgetAfterDays: 7
people: [{ name: ann, roles: [read] }]
`,
      ...['--token-file', 'of-the-unit', '--source', '/srv/all', '--forget-after', '5'],
    );
    const tls = { certFile: 'server.pem', keyFile: 'server.key', fromConfig: true };
    expect(settings?.clusters).to.deep.equal([
      {
        cluster: 'east',
        listen: '10.0.0.10:7843',
        stateDirectory: '/state/clusters/east',
        plaintextBeyondLoopback: false,
        etcd: { endpoints: ['http://10.0.0.1:2379'], prefix: '/calico/_/east/' },
        tls: { ...tls, clientCaFile: '/state/clusters/east/authority/authority.pem' },
        authority: {
          folder: '/state/clusters/east/authority',
          nodeMs: 7_776_000_000,
          isForServer: false,
        },
        approvals: { required: 1, byAnother: true },
        people: [{ name: 'ann', roles: ['read'] }],
        source: { folder: '/srv/all', pattern: '{cluster}.yaml', pushes: false },
        forgetAfterDays: 5,
      },
      {
        cluster: 'west',
        listen: '[fd00::10]:7844',
        stateDirectory: '/state/clusters/west',
        plaintextBeyondLoopback: false,
        tls,
        tokenFile: 'west.token',
        approvals: { required: 2, byAnother: false },
        people: [{ name: 'ann', roles: ['apply'] }],
        source: { folder: '/srv/west', pattern: 'network.yaml', pushes: false },
        forgetAfterDays: 7,
      },
    ]);
  });

  it('are refused with everything that two of them may not share, at once', async () => {
    const { err } = await serve(`
sharedToken: refused
store: { engine: etcd, endpoints: ["http://10.0.0.1:2379"] }
api: { listen: "0.0.0.0:7844", certFile: a.pem, keyFile: a.key }
clusters:
  - { name: east, listen: "10.0.0.10:7843", tokenFile: one.token, stateDirectory: /state/x }
  - { name: east, listen: "0.0.0.0:7843", tokenFile: ./one.token, stateDirectory: /state/x/ }
  - { name: west, listen: "10.0.0.11:7844", tokenFile: two.token }
`);
    expect(err.split('\n').filter((line) => line.includes('error:'))).to.have.length(7);
    for (const said of [
      '"sharedToken" at the top is for a controller of one cluster',
      '"east" and "east" have the same name: east',
      '"east" and "east" have the same listen: 0.0.0.0:7843',
      '"east" and "east" have the same tokenFile: ',
      '"east" and "east" have the same stateDirectory: /state/x',
      '"east" and "east" have the same store: http://10.0.0.1:2379',
      '"west" and "the API" have the same listen: 10.0.0.11:7844',
    ]) {
      expect(err).to.contain(said);
    }
  });

  it('are refused with every fault of every one at once, at its place in the file', async () => {
    const { err } = await serve(`api:
  listen: 127.0.0.1:9
  advertise: 10.0.0.1:9
people:
  - { name: Ann, roles: [read] }
  - { name: ann, roles: [read] }
clusters:
  - { name: east, listen: "127.0.0.1:1" }
  - { name: west, listen: 127.0.0.1, tokenFile: w }
  - name: east
    listen: "127.0.0.1:1"
    tokenFile: t
    advertise: 10.0.0.1:1
    tls: { clientCaFile: ca.pem }
    people: [{ name: bob, alsoNamed: [Bob], roles: [read] }]
`);
    const lines = err.split('\n').filter((line) => line.includes('error:'));
    const said = lines.map((line) => line.replace(`${config}:`, ''));
    for (const part of [
      '4:3: error: the API needs a certificate',
      '4:3: error: people present certificates',
      '5:14: error: api.advertise is for several controllers',
      '8:13: error: people names "ann" twice',
      '10:5: error: no agent could connect to the cluster "east"',
      '11:27: error: cannot listen on "127.0.0.1"',
      '12:11: error: "east" and "east" have the same name',
      '13:13: error: "east" and "east" have the same listen',
      '15:16: error: advertise is for several controllers',
      '16:26: error: tls.clientCaFile needs the certificate',
      '17:39: error: people names "Bob" twice',
    ]) {
      expect(
        said.filter((line) => line.includes(part)),
        `${part}\n${err}`,
      ).to.have.length(1);
    }
  });

  it('may be left out, and the faults of one cluster have their places too', async () => {
    const { err } = await serve(
      `people:
  - { name: Ann, roles: [read] }
  - { name: bob, alsoNamed: [ann], roles: [read] }
api: { listen: ":9", tokens: false, advertise: "10.0.0.1:9" }
advertise: 10.0.0.1:1
sharedToken: refused
`,
      ...['--token-file', 'token'],
    );
    for (const part of [
      '5:30: error: people names "ann" twice',
      '6:16: error: cannot listen on ":9"',
      '6:48: error: api.advertise is for several controllers',
      '6:30: error: with api.tokens: false nobody could use the API',
      '7:12: error: advertise is for several controllers',
      '8:14: error: with sharedToken: refused no agent could connect',
    ]) {
      expect(err, err).to.contain(`${config}:${part}`);
    }
  });

  it('are refused where the keys of one in etcd would be among those of another', async () => {
    const cluster = (name: string, port: number, store: string): string =>
      `  - { name: ${name}, listen: "127.0.0.1:${String(port)}", tokenFile: ${name}.token${store} }\n`;
    const own = (endpoint: string, prefix: string): string =>
      `, store: { engine: etcd, endpoints: ["${endpoint}"], prefix: ${prefix} }`;
    const shared =
      'store: { engine: etcd, endpoints: ["http://a:1", "http://b:1"], prefix: /x/ }\n';
    // The way from one cluster to several.
    const below = await serve(
      `${shared}clusters:\n${cluster('default', 1, own('http://a:1', '/x/'))}${cluster('east', 2, '')}`,
    );
    expect(below.settings?.clusters.map(({ etcd }) => etcd?.prefix)).to.deep.equal([
      '/x/',
      '/x/_/east/',
    ]);
    const nested = await serve(
      `clusters:\n${cluster('east', 1, own('http://A:1/', '/x/east/'))}${cluster('default', 2, own('http://a:1', '/x/'))}`,
    );
    expect(nested.err).to.contain(
      '"default" and "east" share keys in etcd: one of /x/ and /x/east/ begins the other',
    );
    const usual = await serve(
      `store: { engine: etcd, endpoints: ["http://a:1", "http://b:1"] }\nclusters:\n${cluster('east', 1, '')}${cluster('west', 2, own('http://b:1', '/calico-controller/east/'))}`,
    );
    expect(usual.err).to.contain(
      '"west" and "east" have the same store: http://b:1 /calico-controller/east/',
    );
    const apart = await serve(
      `clusters:\n${cluster('east', 1, own('http://a:1', '/x/'))}${cluster('west', 2, own('http://b:1', '/x/'))}`,
    );
    expect(apart.settings?.clusters).to.have.length(2);
  });

  it('have a strategy for what is new in their source, with approvals and without', async () => {
    const cluster = (more: string): string =>
      `clusters: [{ name: east, listen: "127.0.0.1:1", tokenFile: t${more} }]\n`;
    const options = ['--source', '/srv/all', '--source-strategy', 'waves.yaml'];
    const strategyOf = async (yaml: string, ...given: readonly string[]): Promise<unknown> =>
      (await serve(yaml, ...given)).settings?.clusters[0]?.source?.strategyFile;
    const approvals = 'approvals: { required: 1 }\n';
    const own = ', source: { folder: /srv/east, strategy: east.yaml }';
    expect(await strategyOf(approvals + cluster(''), ...options)).to.equal('waves.yaml');
    expect(await strategyOf(approvals + cluster(own), ...options)).to.equal('east.yaml');
    const pushed = ', source: { folder: /srv/east, push: true, strategy: east.yaml }';
    const { settings } = await serve(cluster(pushed));
    expect(settings?.clusters[0]?.source).to.include({ pushes: true, strategyFile: 'east.yaml' });
    expect(await strategyOf(cluster(''), ...options, '--source-push')).to.equal('waves.yaml');
  });

  it('are refused where no agent could connect, or the name is no folder', async () => {
    const lone = await serve('clusters: [{ name: east, listen: "127.0.0.1:1" }]\n');
    expect(lone.err).to.contain('no agent could connect to the cluster "east"');
    const bad = await serve('clusters: [{ name: ../x, listen: "127.0.0.1:1", tokenFile: t }]\n');
    expect(bad.err).to.contain('with a letter or digit first');
    const option = await serve(
      'clusters: [{ name: east, listen: "127.0.0.1:1", tokenFile: t }]\n',
      ...['--listen', '127.0.0.1:2', '--cluster', 'east'],
    );
    expect(option.err).to.contain('cannot use --listen, --cluster: controller.yaml lists clusters');
  });

  it('are not served with metrics beyond this machine, nor without them', async () => {
    const cluster = 'clusters: [{ name: east, listen: "127.0.0.1:1", tokenFile: t }]\n';
    for (const [address, reason] of [
      ['0.0.0.0:9470', 'It must be an address of the loopback interface with a port'],
      ['127.0.0.1', 'It must be an address of the loopback interface with a port'],
      ['[::1]:65536', 'The highest port is 65535.'],
    ] as const) {
      const { err, settings } = await serve(cluster, '--metrics-listen', address);
      expect(err).to.contain(reason);
      expect(settings).to.equal(undefined);
    }
    const { settings } = await serve(cluster, '--metrics-listen', '[::1]:9470');
    expect(settings?.metricsListen).to.equal('[::1]:9470');
  });

  it('are added by init, one after the other, and the comments stay', async () => {
    const made: string[] = [];
    const initTools = noted(made);
    const init = (...args: readonly string[]): ReturnType<typeof run> =>
      run(['init', '--state-directory', '/state', ...args], { initTools });
    const east = await init('--cluster', 'east', '--listen', '10.0.0.10:7843');
    expect(east.out).to.contain('--controller wss://a:7843 --cluster east --token-file');
    await writeFile(config, `# ours\n${await readFile(config, 'utf8')}`);
    expect((await init('--cluster', 'west')).err).to.contain(
      'lists no cluster "west", only: east; to add it say where its agents connect: --listen HOST:PORT',
    );
    expect((await init('--cluster', 'west', '--listen', '10.0.0.10:7844')).status).to.equal(0);
    expect(await readFile(config, 'utf8')).to.equal(
      `# ours
${head}clusters:
  - name: east
    listen: 10.0.0.10:7843
    authority: {}
  - name: west
    listen: 10.0.0.10:7844
    authority: {}
`,
    );
    expect(made).to.deep.equal([
      '/state/clusters/east/authority',
      'east /state/clusters/east',
      '/state/clusters/west/authority',
      'west /state/clusters/west',
    ]);
    for (const [setting, line] of [
      ['authority', 'authority: { folder: /state/authority }'],
      ['sharedToken', 'sharedToken: refused'],
      ['advertise', 'advertise: 10.0.0.10:7843'],
      ['tls.clientCaFile', 'tls: { certFile: /c, keyFile: /k, clientCaFile: /a }'],
    ] as const) {
      await writeFile(config, `${head}${line}\n`);
      const further = await init('--cluster', 'west', '--listen', '10.0.0.10:7844');
      expect(further.err).to.contain(
        `(${setting}) is of a controller of one cluster; list that one under clusters first`,
      );
    }
    const shared = `${head}store: { engine: etcd, endpoints: ["http://10.0.0.1:2379"] }\napi: { listen: 127.0.0.1:1 }\n`;
    await writeFile(config, shared);
    expect(await init('--cluster', 'west', '--listen', '10.0.0.10:7844')).to.include({ status: 0 });
    expect(await readFile(config, 'utf8')).to.match(/^[^]*store: [^]*api: [^]*clusters:\n/);
    expect((await init('--cluster', '../x')).err).to.contain('A name has letters');
  });

  it('are those that --cluster names before the command, for commands without a controller too', async () => {
    await writeFile(
      config,
      `${head}store: { engine: etcd, endpoints: ["http://10.0.0.1:2379"] }\nclusters:\n` +
        '  - { name: east, listen: "127.0.0.1:1", tokenFile: t }\n' +
        '  - { name: default, listen: "127.0.0.1:2", tokenFile: u }\n',
    );
    const migrated: unknown[] = [];
    const storeTools: CommandContext['storeTools'] = () =>
      Promise.resolve({
        writeBackup: () => Promise.reject(new Error('not used')),
        restoreBackup: () => Promise.reject(new Error('not used')),
        migrateStore: (_to, { cluster, stateDirectory }) => {
          migrated.push([cluster, stateDirectory]);
          return Promise.resolve({ cluster, records: 1, place: 'x' });
        },
      });
    const migrate = ['store', 'migrate', '--to', 'etcd', '--state-directory', '/state'];
    await run(['--cluster', 'east', ...migrate], { storeTools });
    await run(['--cluster', 'east', ...migrate, '--cluster', 'default'], { storeTools });
    expect(migrated).to.deep.equal([
      ['east', '/state/clusters/east'],
      ['default', '/state/clusters/default'],
    ]);
    const back = migrate.with(3, 'embedded');
    const { out } = await run(['--cluster', 'east', ...back], { storeTools });
    expect(out).to.contain(
      'write store: { engine: embedded } for the cluster "east" only into controller.yaml',
    );
    const unnamed = await run(migrate, { storeTools });
    expect(unnamed.err).to.contain('lists several clusters: east, default; name the one to copy');
    const wrong = await run(['--cluster', '../x', 'init'], { storeTools });
    expect(wrong.err).to.contain('cannot use the cluster "../x": A name has letters');
    const serving = await run(['--cluster', 'east', 'serve']);
    expect(serving.err).to.contain('cannot use --cluster: controller.yaml lists clusters');
  });

  it('are not those of the environment, for commands without a controller', async () => {
    const { CALICO_CONTROLLER_CLUSTER: before } = process.env;
    process.env['CALICO_CONTROLLER_CLUSTER'] = 'west';
    try {
      const made: string[] = [];
      await run(['init', '--state-directory', '/state'], { initTools: noted(made) });
      expect(made).to.deep.equal(['/state/authority', 'default /state']);
      await rm(config);
      const added = ['init', '--state-directory', '/state', '--listen', '127.0.0.1:1'];
      await run(added, { initTools: noted(made) });
      expect(made.slice(2)).to.include('default /state/clusters/default');
      await writeFile(
        config,
        `${head}clusters:\n  - { name: west, listen: "127.0.0.1:1", tokenFile: t }\n` +
          '  - { name: east, listen: "127.0.0.1:2", tokenFile: u }\n',
      );
      const storeTools: CommandContext['storeTools'] = () =>
        Promise.reject(new Error('the variable chose a cluster'));
      const { err } = await run(['store', 'migrate', '--to', 'etcd'], { storeTools });
      expect(err).to.contain('lists several clusters: west, east; name the one to copy');
    } finally {
      if (before === undefined) delete process.env['CALICO_CONTROLLER_CLUSTER'];
      else process.env['CALICO_CONTROLLER_CLUSTER'] = before;
    }
  });

  it('have backups of their own, which go back to their own store', async () => {
    await writeFile(
      config,
      `${head}clusters: [{ name: east, listen: "127.0.0.1:1", tokenFile: t }]\n`,
    );
    const places: string[] = [];
    const filled = { cluster: 'east', records: 1, place: 'x' };
    const storeTools: CommandContext['storeTools'] = () =>
      Promise.resolve({
        writeBackup: () => Promise.reject(new Error('not used')),
        migrateStore: () => Promise.reject(new Error('not used')),
        restoreBackup: (file, placeOf) => {
          places.push(placeOf(file).stateDirectory);
          return Promise.resolve(filled);
        },
      });
    const restore = ['store', 'restore', '--state-directory', '/state'];
    expect((await run([...restore, 'east'], { storeTools })).status).to.equal(0);
    const wrong = await run([...restore, 'eats'], { storeTools });
    expect(wrong.err).to.contain('lists no cluster "eats" (did you mean "east"?)');
    expect(places).to.deep.equal(['/state/clusters/east']);
  });
});
