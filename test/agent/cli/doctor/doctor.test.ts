import { createGuardRoutes } from '../../../../agent/adapters/guard-routes/guard-routes.ts';
import type { GuardRoutes } from '../../../../agent/ports/guard-routes.ts';
import { usualGuard } from '../../../../core/guard/guard-settings.ts';
import { createMemoryKernel } from '../../../support/twins/memory-kernel.ts';
import { expect } from 'chai';
import sinon from 'sinon';
import type { SettingsInUse } from '../../../../agent/cli/command-context.ts';
import type { ExpectedCluster, Finding } from '../../../../agent/ports/diagnosis.ts';
import type { Observed } from '../../../../core/observe/observed.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { json } from '../../../../runtime/http/route.ts';
import type { Platform } from '../../../../schemas/generated/agent-api/platform.ts';
import type { AgentStatus } from '../../../../schemas/generated/agent-status.ts';
import { inFolder, run, type Ran, type RunOptions } from '../run-command.ts';
import { withAgent } from '../scripted-agent.ts';
import { createMemoryLxd } from '../../../support/twins/memory-lxd.ts';
import { connectedTo } from '../stub-datastore.ts';

const apiVersion = 'projectcalico.org/v3';
const status: AgentStatus = {
  formatVersion: 1,
  agentVersion: '0.1.0',
  node: 'node-7',
  startedAt: '2026-03-02T08:00:00Z',
  state: 'in-force',
  message: 'everything is as it shall be',
  revisions: { rejected: [] },
  datastore: { driver: 'memory', reachesCluster: true, message: 'x' },
  source: 'juju',
  issues: [],
};
const owner = { scope: { kind: 'cluster' }, lineage: 'local:x', number: 1 } as const;
const observed: Observed = {
  nodes: [],
  resources: [
    {
      resource: {
        apiVersion,
        kind: 'BGPConfiguration',
        metadata: { name: 'default' },
        spec: { listenPort: 1179 },
      },
      owner,
      writers: [
        { manager: 'calico-agent', paths: ['spec.listenPort'] },
        { manager: 'kubectl-edit', paths: ['spec.asNumber'] },
        { manager: 'kubelet', paths: ['metadata.labels.x'] },
      ],
    },
    {
      resource: {
        apiVersion,
        kind: 'IPPool',
        metadata: { name: 'ipv6' },
        spec: { cidr: 'fd00::/48', ipipMode: 'Never', vxlanMode: 'Never', natOutgoing: false },
      },
      writers: [{ manager: 'kubectl', paths: ['spec.cidr'] }],
    },
  ],
};

function settingsWith(socket: string): SettingsInUse {
  return { stateDirectory: '/state', socket, agent: { node: {} } };
}

function createGuardRoutesStub(): GuardRoutes {
  const kernel = createMemoryKernel();
  return createGuardRoutes({ program: kernel, settings: () => usualGuard, uptime: () => 0 });
}

/** Runs doctor with the changes of a test; everything else is well. */
function doctor(changes: Partial<RunOptions> = {}, argv: readonly string[] = []): Promise<Ran> {
  return withAgent({ 'GET /v1/status': () => json(status) }, async ({ socket }) => {
    const stub = connectedTo({ observe: () => Promise.resolve({ nodes: [], resources: [] }) });
    return run(['doctor', ...argv], {
      readSettings: () => Promise.resolve(settingsWith(socket)),
      connectDatastore: () => Promise.resolve(stub.connected),
      ...changes,
    });
  });
}

describe('calico-agent doctor', () => {
  it('prints a line for everything that is well, and ends with exit status 0', async () => {
    const {
      status: exit,
      stdout,
      stderr,
    } = await doctor({
      diagnoseHost: () => Promise.resolve([{ check: 'MTU', result: 'ok', message: 'no tunnel' }]),
    });
    expect([exit, stderr]).to.deep.equal([0, '']);
    expect(stdout.split('\n')).to.deep.equal([
      'ok       settings       as "/etc/calico-agent/agent.yaml" says; without that file, the defaults',
      'ok       daemon         in force: everything is as it shall be',
      'ok       other writers  0 objects of ours, written by no other program',
      'ok       MTU            no tunnel',
      '4 ok, 0 warnings, 0 failed',
      '',
    ]);
  });

  it("names settings of this command's environment that weaken it", async () => {
    const { status: exit, stdout } = await doctor({
      environment: { SSL_CERT_FILE: '/tmp/ca.pem' },
    });
    expect(exit).to.equal(0);
    expect(stdout).to.match(/^warning  environment    SSL_CERT_FILE in the environment counts/m);
  });

  it('says how to mend each fault, and fails only when something failed', async () => {
    const finding: Finding = {
      check: 'x',
      result: 'warning',
      message: 'bad',
      hint: 'mend\u001bit',
    };
    const warned = await doctor({ diagnoseHost: () => Promise.resolve([finding]) });
    expect(warned.status).to.equal(0);
    expect(warned.stdout).to.contain('warning  x              bad\n         → mend\\u001bit\n');
    const failed = await doctor({
      diagnoseHost: () => Promise.resolve([{ ...finding, result: 'failed' }]),
    });
    expect(failed.status).to.equal(1);
    expect(failed.stdout).to.contain('3 ok, 0 warnings, 1 failed\n');
  });

  it('names guard routes that no agent removes any more', async () => {
    const standing = { state: 'on', tables: [4711], priorities: [32_764], routes: 2 } as const;
    const withGuard = async (left: number, argv: readonly string[] = []): Promise<string> => {
      const state = () => Promise.resolve({ ...standing, carrying: [], left });
      const routes = { ...createGuardRoutesStub(), state };
      return (await doctor({ guardRoutes: () => Promise.resolve(routes) }, argv)).stdout;
    };
    expect(await withGuard(50)).to.match(/^ok +guard routes .*for at most 50 s more$/m);
    const late = await withGuard(-3);
    expect(late).to.match(
      /^warning +guard routes +2 guard routes of a change: over the deadline$/m,
    );
    expect(late).to.contain('calico-agent guard clear');
    const dead = await withGuard(50, ['--socket', '/nowhere/agent.sock']);
    expect(dead).to.match(/^warning +guard routes .*and no daemon/m);
  });

  it('says why this agent has no guard routes, and does not warn when that is intended', async () => {
    const why = 'calico-agent-guard.socket does not listen';
    const never: AgentStatus = { ...status, guard: { state: 'never', why } };
    const ran = (guard: 'auto' | 'never'): Promise<Ran> =>
      withAgent({ 'GET /v1/status': () => json(never) }, ({ socket }) =>
        run(['doctor'], {
          readSettings: () =>
            Promise.resolve({ ...settingsWith(socket), agent: { node: {}, guard } }),
          connectDatastore: () =>
            Promise.resolve(
              connectedTo({ observe: () => Promise.resolve({ nodes: [], resources: [] }) })
                .connected,
            ),
          guardRoutes: () => Promise.resolve(createGuardRoutesStub()),
        }),
      );
    expect((await ran('auto')).stdout).to.match(
      /^warning +guard routes +this agent has none: calico-agent-guard.socket does not listen$/m,
    );
    expect((await ran('never')).stdout).to.match(/^ok +guard routes +this agent has none/m);
  });

  const lxdHost = (socket: string): SettingsInUse => ({
    ...settingsWith(socket),
    roles: ['lxd-host'],
  });
  it('has lines about LXD in the role lxd-host, and names the containers that need a restart', async () => {
    const lxd = createMemoryLxd({ a: ['default'] });
    const ran = (): Promise<Ran> =>
      withAgent({ 'GET /v1/status': () => json(status) }, ({ socket }) =>
        run(['doctor'], {
          readSettings: () => Promise.resolve(lxdHost(socket)),
          connectLxd: () => Promise.resolve(lxd),
          connectDatastore: () => Promise.resolve(connectedTo({}).connected),
        }),
      );
    expect((await ran()).stdout).to.match(/ok +LXD +lxd 5\.0\.2, 0 containers with something/);
    await run(['lxd', 'apply', '--bpffs', '--socket', '/nowhere'], {
      connectLxd: () => Promise.resolve(lxd),
    });
    expect((await ran()).stdout)
      .to.match(/warning +LXD +1 container running without what their profiles give them: a/)
      .and.contain('calico-agent lxd restart');
    lxd.meddle.absent = true;
    expect((await ran()).stdout).to.match(/failed +LXD +there is no LXD on this machine/);
  });

  const otherSettings = [
    ['read again', { restartNeeded: ['datastore'] }, undefined],
    ['not even read again', {}, 'etcd'],
  ] as const;
  for (const [what, changes, driver] of otherSettings) {
    it(`says that the daemon runs with another datastore than agent.yaml, which was ${what}`, async () => {
      const script = { 'GET /v1/status': () => json({ ...status, ...changes }) };
      await withAgent(script, async ({ socket }) => {
        const stub = connectedTo({ observe: () => Promise.resolve({ nodes: [], resources: [] }) });
        const settings = {
          ...settingsWith(socket),
          ...(driver !== undefined && { datastore: { driver } }),
        };
        const { stdout } = await run(['doctor'], {
          readSettings: () => Promise.resolve(settings),
          connectDatastore: () => Promise.resolve(stub.connected),
        });
        expect(stdout)
          .to.contain('it runs with another datastore than agent.yaml has now')
          .and.contain('→ systemctl restart calico-agent');
      });
    });
  }

  it('prints the findings and the worst of them as JSON', async () => {
    const { stdout } = await doctor({}, ['-o', 'json', '--config', 'a.yaml']);
    const report = JSON.parse(stdout);
    expect(report.result).to.equal('ok');
    expect(report.findings[0]).to.deep.equal({
      check: 'settings',
      result: 'ok',
      message: '"a.yaml" is valid',
    });
  });

  it('names every fault of unusable settings, and checks the host all the same', async () => {
    let connected = 0;
    const { status: exit, stdout } = await doctor(
      {
        readSettings: () =>
          Promise.reject(
            new AppError('invalid-settings', 'cannot use "a.yaml": it has errors', {
              issues: [
                {
                  severity: 'error',
                  code: 'unknown-field',
                  pointer: '/nod',
                  line: 3,
                  column: 1,
                  message: 'unknown field "nod"',
                  hint: 'did you mean "node"?',
                },
              ],
            }),
          ),
        connectDatastore: () => {
          connected += 1;
          return Promise.reject(new Error('not asked for'));
        },
        diagnoseHost: () => Promise.resolve([{ check: 'MTU', result: 'ok', message: 'fine' }]),
      },
      ['--config', 'a.yaml', '--socket', '/nowhere/agent.sock'],
    );
    expect([exit, connected]).to.deep.equal([1, 0]);
    expect(stdout).to.contain('a.yaml:3:1: error: unknown field "nod" [unknown-field]');
    expect(stdout).to.contain('→ did you mean "node"?').and.contain('fine');
  });

  it('works with the daemon dead', async () => {
    await inFolder(async (folder) => {
      const { status: exit, stdout } = await doctor({
        readSettings: () => Promise.resolve(settingsWith(`${folder}/agent.sock`)),
      });
      expect(exit).to.equal(1);
      expect(stdout).to.match(/^failed {3}daemon .*no program listens there/m);
      expect(stdout).to.match(/^ok {7}other writers/m);
    });
  });

  const states = [
    ['failed', 'failed', 'calico-agent plan'],
    ['held', 'warning', 'calico-agent release-hold'],
    ['drifted', 'warning', 'calico-agent drift'],
  ] as const;
  for (const [state, result, hint] of states) {
    it(`says what to do about a daemon in the state ${state}`, async () => {
      const script = { 'GET /v1/status': () => json({ ...status, state }) };
      await withAgent(script, async ({ socket }) => {
        const { stdout } = await doctor({
          readSettings: () => Promise.resolve(settingsWith(socket)),
        });
        expect(stdout).to.match(new RegExp(`^${result} +daemon +${state}: .*\n.*${hint}`, 'm'));
      });
    });
  }

  it('says how to end a hold of the whole cluster', async () => {
    const hold = { scope: 'cluster', by: 'bob', why: 'x', since: '2026-03-02T09:00:00Z' };
    const script = { 'GET /v1/status': () => json({ ...status, state: 'held', hold }) };
    await withAgent(script, async ({ socket }) => {
      const { stdout } = await doctor({
        readSettings: () => Promise.resolve(settingsWith(socket)),
      });
      expect(stdout).to.contain('→ calico-agent release-hold --cluster lets it write again');
    });
  });

  it('asks the daemon for what only the cluster knows about the CNI', async () => {
    const own = (): Platform => ({
      platform: 'kubeadm',
      because: [],
      also: [],
      properties: [],
      values: [],
      issues: [],
    });
    const issue = { severity: 'error', code: 'dns-not-ready', message: 'no pod of DNS is ready' };
    const script = {
      'GET /v1/status': () => json(status),
      'GET /v1/platform': () => json({ ...own(), issues: [issue] }),
    };
    await withAgent(script, async ({ socket }) => {
      const { status: exit, stdout } = await doctor({
        readSettings: () => Promise.resolve(settingsWith(socket)),
        readPlatform: () => Promise.resolve(own()),
      });
      expect(exit).to.equal(1);
      expect(stdout).to.match(/^failed +platform +no pod of DNS is ready$/m);
    });
  });

  it('warns of a controller that is away', async () => {
    const controller = { url: 'wss://c:1', connected: false, message: 'trying again in 3 s' };
    const script = { 'GET /v1/status': () => json({ ...status, controller }) };
    await withAgent(script, async ({ socket }) => {
      const { stdout } = await doctor({
        readSettings: () => Promise.resolve(settingsWith(socket)),
      });
      expect(stdout).to.match(/^warning +controller +not connected: trying again in 3 s/m);
    });
  });

  it('asks the datastore for this node, warns of other writers, and gives the host check its facts', async () => {
    const nodes: string[] = [];
    let cluster: ExpectedCluster | undefined;
    const stub = connectedTo({
      observe: () => Promise.resolve(observed),
      diagnose: () =>
        Promise.resolve([{ check: 'datastore reachable', result: 'ok', message: '3.6' }]),
    });
    const { connected } = stub;
    const { stdout } = await doctor({
      connectDatastore: () =>
        Promise.resolve({
          ...connected,
          datastore: {
            ...connected.datastore,
            observe: (node) => {
              nodes.push(node);
              return connected.datastore.observe(node);
            },
          },
        }),
      diagnoseHost: async (expected) => {
        cluster = await expected.cluster;
        return [];
      },
    });
    expect(nodes).to.deep.equal(['node-7']);
    expect(cluster).to.deep.equal({ bgpPort: 1179, ipv6: true, source: 'juju' });
    expect(stdout).to.match(/^ok +datastore reachable +3\.6$/m);
    expect(stdout).to.match(
      /^warning +other writers +.*: BGPConfiguration default by kubectl-edit$/m,
    );
    expect(stub.closed()).to.equal(true);
  });

  it("reports once that the datastore is away, and uses Calico's defaults", async () => {
    const away = new AppError('datastore-failed', 'cannot read etcd: nobody answers');
    let cluster: ExpectedCluster | undefined;
    const stub = connectedTo({
      observe: () => Promise.reject(away),
      diagnose: () =>
        Promise.resolve([{ check: 'datastore reachable', result: 'failed', message: 'no' }]),
    });
    const { status: exit, stdout } = await doctor({
      connectDatastore: () => Promise.resolve(stub.connected),
      diagnoseHost: async (expected) => {
        cluster = await expected.cluster;
        return [];
      },
    });
    expect(exit).to.equal(1);
    expect(stdout).to.contain('1 failed\n').and.not.contain('nobody answers');
    expect(cluster).to.deep.equal({ bgpPort: 179, ipv6: false, source: 'juju' });
    expect(stub.closed()).to.equal(true);
  });

  it('says why it could not even connect', async () => {
    const { status: exit, stdout } = await doctor({
      connectDatastore: () => Promise.reject(new AppError('not-found', 'cannot find a kubeconfig')),
    });
    expect(exit).to.equal(1);
    expect(stdout).to.match(/^failed +datastore +cannot find a kubeconfig$/m);
  });

  it('does not wait for ever for a silent datastore', async () => {
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const silent = connectedTo({ diagnose: () => new Promise(() => undefined) });
      const ran = doctor({
        connectDatastore: () => {
          // Its deadline begins with the request.
          setImmediate(() => void clock.tickAsync(15_000));
          return Promise.resolve(silent.connected);
        },
      });
      const { status: exit, stdout } = await ran;
      expect(exit).to.equal(1);
      expect(stdout).to.match(/^failed +datastore +it does not answer within 8 s$/m);
      expect(silent.closed()).to.equal(true);
    } finally {
      clock.restore();
    }
  });
});
