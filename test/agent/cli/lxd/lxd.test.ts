import { expect } from 'chai';
import type { LxdReport } from '../../../../agent/app/lxd/report.ts';
import { json } from '../../../../runtime/http/route.ts';
import { createMemoryLxd, type MemoryLxd } from '../../../support/twins/memory-lxd.ts';
import { run, type Ran } from '../run-command.ts';
import { agentStatus } from '../agent-status.ts';
import { withAgent } from '../scripted-agent.ts';

describe('calico-agent lxd, without an agent', () => {
  let lxd: MemoryLxd;
  beforeEach(() => {
    lxd = createMemoryLxd({ a: ['default'], b: ['k8s'] });
  });
  const runHere = (...argv: readonly string[]): Promise<Ran> =>
    run(['lxd', ...argv, '--socket', '/nowhere/agent.sock'], {
      connectLxd: () => Promise.resolve(lxd),
    });

  it('sets a profile in one line, and names its changes and the containers that need a restart', async () => {
    const { status, stdout, stderr } = await runHere('apply', '--bpffs');
    expect([status, stderr]).to.deep.equal([0, '']);
    expect(stdout).to.contain('devices.sysfsbpf: none → ').and.contain('1 change in 1 step');
    // The document made from the options is in no file.
    expect(stdout)
      .to.match(/because .*lxd/)
      .and.not.match(/line \d/);
    expect(stdout).to.match(/default +a +default +\/sys\/fs\/bpf no +needed/);
    expect((await runHere('apply', '--bpffs')).stdout).to.contain('nothing to do');
    expect(lxd.log).to.deep.equal(['set default']);
  });

  it('adds to earlier settings by hand, and removes all of them or the named ones', async () => {
    await runHere('apply', '--bpffs');
    await runHere('apply', '--bpffs', '--profile', 'k8s');
    const shown = await runHere('remove', '--profile', 'default');
    expect(shown.stdout).to.contain('nothing is changed yet: --yes takes it out');
    expect(lxd.profile('default').content.devices).to.have.keys('sysfsbpf');
    await runHere('remove', '--profile', 'default', '--yes');
    expect(lxd.profile('default').content.devices).to.deep.equal({});
    expect(lxd.profile('k8s').content.devices).to.have.keys('sysfsbpf');
    await runHere('remove', '--yes');
    expect(lxd.profile('k8s').content).to.deep.equal({ description: '', config: {}, devices: {} });
  });

  it('removes its settings from all projects, unless one is named', async () => {
    lxd.put({ ...lxd.profile('k8s'), project: 'lab' });
    await runHere('apply', '--bpffs');
    await runHere('apply', '--bpffs', '--profile', 'k8s', '--project', 'lab');
    await runHere('remove', '--project', 'default', '--yes');
    expect(lxd.profile('k8s').content.devices).to.have.keys('sysfsbpf');
    await runHere('remove', '--yes');
    expect(lxd.profile('k8s').content.devices).to.deep.equal({});
  });

  it('names settings of ours that somebody else removed since', async () => {
    await runHere('apply', '--bpffs');
    const { content, ...profile } = lxd.profile('default');
    lxd.put({ ...profile, content: { ...content, devices: {} } });
    expect((await runHere('status')).stdout).to.match(
      /default +default +sysfsbpf \(changed by somebody else\)/,
    );
  });

  it('restarts those that need it, and fails when one stays down', async () => {
    await runHere('apply', '--bpffs', '--profile', 'k8s');
    expect(await runHere('restart')).to.include({ status: 0, stdout: 'restarted b\n' });
    expect((await runHere('restart')).stdout).to.equal('no container needs a restart\n');
    lxd.meddle.staysDown = 'a';
    const { status, stdout } = await runHere('restart', 'a', 'b', '--timeout', '0.1');
    expect(status).to.equal(1);
    expect(stdout).to.match(/^failed: .*"a".*\nleft as it is: b\n$/);
  });

  it('says that there is no LXD, no such profile, or nothing to set', async () => {
    expect(await runHere('apply')).to.include({ status: 2 });
    const missing = await runHere('apply', '--bpffs', '--profile', 'k9s');
    expect([missing.status, missing.stderr]).to.deep.equal([
      2,
      'calico-agent: LXD has no profile "k9s" in its project "default" (did you mean "k8s"?)\n',
    ]);
    lxd.meddle.absent = true;
    expect((await runHere('status')).stdout).to.contain('no LXD on this machine: no socket');
    expect(await runHere('apply', '--bpffs')).to.include({ status: 1 });
  });
});

describe('calico-agent lxd, with an agent of this host', () => {
  const report: LxdReport = {
    state: 'there',
    server: 'lxd',
    version: '5.0.2',
    bpffsMounted: true,
    restart: { policy: 'rolling' },
    profiles: [{ project: 'default', name: 'k8s', ours: ['sysfsbpf'], drifted: [] }],
    containers: [],
  };
  const revision = { lineage: 'local:host-0', number: 1, digest: `sha256:${'ab'.repeat(32)}` };
  const status = (revisions: object, role = 'lxd-host'): ReturnType<typeof json> =>
    json({ ...agentStatus, role, revisions: { rejected: [], ...revisions } });

  it('asks that agent', async () => {
    const script = {
      'GET /v1/status': () => status({ accepted: revision }),
      'GET /v1/lxd': () => json(report),
      'POST /v1/lxd/restart': () =>
        json({ restarted: [{ project: 'default', name: 'a' }], failed: [], left: [] }),
    };
    await withAgent(script, async ({ socket, requests }) => {
      const shown = await run(['lxd', 'status', '--socket', socket]);
      expect(shown.stdout).to.contain('restart policy: rolling').and.contain('sysfsbpf');
      const restarted = await run(['lxd', 'restart', 'a', '--socket', socket]);
      expect(restarted).to.include({ status: 0, stdout: 'restarted a\n' });
      expect(requests.at(-1)?.body).to.equal('{"containers":["a"]}');
    });
  });

  it('gives it a configuration when it has none, and keeps one that it has', async () => {
    const accepted = { result: 'accepted', revision, stage: 'accepted', issues: [] };
    const ended = { result: 'confirmed' };
    const script = {
      'GET /v1/status': () => status({}),
      'PUT /v1/config': () => json({ ...accepted, ended }),
    };
    await withAgent(script, async ({ socket, requests }) => {
      const applied = await run(['lxd', 'apply', '--bpffs', '--socket', socket]);
      expect(applied.stdout).to.contain('is applied and confirmed');
      expect(JSON.parse(requests.at(-1)?.body ?? '')).to.deep.include({
        lxd: { project: 'default', profiles: ['default'], bpffs: true },
      });
    });
    await withAgent(
      { 'GET /v1/status': () => status({ accepted: revision }) },
      async ({ socket }) => {
        for (const words of [['apply', '--bpffs'], ['remove']]) {
          const refused = await run(['lxd', ...words, '--socket', socket]);
          expect(refused.status).to.equal(2);
          expect(refused.stderr).to.contain('has a configuration, which decides');
        }
      },
    );
  });

  it('does not ask the agent of a node', async () => {
    await withAgent(
      { 'GET /v1/status': () => status({ accepted: revision }, 'node') },
      async ({ socket }) => {
        const lxd = createMemoryLxd({});
        const connectLxd = (): Promise<MemoryLxd> => Promise.resolve(lxd);
        const shown = await run(['lxd', 'status', '--socket', socket], { connectLxd });
        expect(shown.stdout).to.contain('nothing of ours in any profile');
      },
    );
  });
});
