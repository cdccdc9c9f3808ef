/**
 * The adapter against a real LXD: profiles, the inspection of containers, restarts, and an LXD that
 * goes away.
 */
import { expect } from 'chai';
import { createServer } from 'node:http';
import { createLxdHost } from '../../../agent/adapters/lxd/lxd-host.ts';
import { changeByHand, seeByHand } from '../../../agent/app/lxd/by-hand.ts';
import { restartContainers } from '../../../agent/app/lxd/restart-containers.ts';
import type { LxdHost } from '../../../agent/ports/lxd-host.ts';
import { planLxd } from '../../../core/plan/lxd/plan-lxd.ts';
import { parseConfig } from '../../../core/config/parse.ts';
import type { LxdChange } from '../../../core/plan/plan.ts';
import type { LxdSettings } from '../../../core/lxd/settings.ts';
import type { ContainerReport } from '../../../core/lxd/container-report.ts';
import { failure } from '../../support/failure.ts';
import { needsLxd, startLxd, type RunningLxd } from '../../support/machine/lxd.ts';
import { debianImage } from '../systemd/container.ts';

const clock = {
  after: (milliseconds: number, run: () => void): (() => void) => {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};

function settings(section: string): LxdSettings {
  const parsed = parseConfig(`apiVersion: calico-agent/v1\nkind: NetworkConfig\nlxd: ${section}\n`);
  if (!parsed.ok || parsed.model.lxd === undefined) throw new Error('not a configuration');
  return parsed.model.lxd;
}

/** In seconds: a restart takes one on a quiet machine, and tests wait for its end in vain. */
const longEnough = 8;

describe('LXD', function () {
  this.timeout(300_000);
  let lxd: RunningLxd;
  // Nothing where the tests are skipped.
  let stop = (): Promise<void> => Promise.resolve();
  let host: LxdHost;
  const warnings: string[] = [];

  before(async function () {
    needsLxd(this);
    lxd = await startLxd();
    stop = lxd.stop;
    const logger = { warn: (message: string) => void warnings.push(message) };
    host = createLxdHost({ environment: lxd.environment, logger });
  });
  after(() => stop());

  /** A profile that is removed after the test, with its containers. */
  const inProfile = async (name: string, use: () => Promise<void>): Promise<void> => {
    await lxd.lxc('profile', 'copy', 'default', name);
    try {
      await use();
    } finally {
      const { daemon: seen } = await host.observe();
      const containers = seen.state === 'there' ? seen.containers : [];
      for (const one of containers.filter(({ profiles }) => profiles.includes(name))) {
        await lxd.lxc('delete', '--force', one.name);
      }
      await lxd.lxc('profile', 'delete', name);
    }
  };
  const containers = async (): Promise<readonly ContainerReport[]> => {
    const report = await seeByHand(host);
    return report.state === 'there' ? report.containers : [];
  };
  const lacking = async (name: string): Promise<readonly string[]> =>
    (await containers())
      .filter((one) => one.name === name)
      .flatMap(({ effects }) => effects)
      .flatMap(({ what, present }) => (present === true ? [] : [what]));
  const planned = async (section: string): Promise<readonly LxdChange[]> =>
    planLxd({ settings: settings(section), pruneIn: [] }, await host.observe()).steps.flatMap(
      (step) => step.changes,
    );
  const restart = (
    names: readonly string[],
    timeoutSeconds = 60,
  ): ReturnType<typeof restartContainers> =>
    restartContainers(
      { lxd: host, clock, isStopping: () => false },
      names.map((name) => ({ project: 'default', name })),
      { parallel: 1, timeoutSeconds },
    );

  it('mounts the BPF file system in a running container, beside everything of its profile', () =>
    inProfile('plug', async () => {
      await lxd.lxc('profile', 'device', 'add', 'plug', 'mine', 'disk', 'source=/srv', 'path=/srv');
      await lxd.lxc('profile', 'device', 'add', 'plug', 'eth0', 'nic', 'nictype=p2p');
      await lxd.lxc('profile', 'set', 'plug', 'user.mine', 'yes');
      const before = await lxd.profile('plug');
      await lxd.launch('plugged', { profiles: ['plug'] });
      const pid = await lxd.pid('plugged');
      await changeByHand(host, { set: settings('{profiles: [plug], bpffs: true}') });
      expect(JSON.parse(await lxd.profile('plug')))
        .to.have.nested.property('devices')
        .that.deep.equals({
          root: { path: '/', pool: 'default', type: 'disk' },
          mine: { path: '/srv', source: '/srv', type: 'disk' },
          eth0: { nictype: 'p2p', type: 'nic' },
          sysfsbpf: { path: '/sys/fs/bpf', source: '/sys/fs/bpf', type: 'disk' },
        });
      const plugged = (await containers()).find(({ name }) => name === 'plugged');
      expect(plugged).to.deep.include({
        needsRestart: false,
        effects: [{ what: '/sys/fs/bpf', present: true }],
      });
      expect(await lxd.pid('plugged')).to.equal(pid);
      expect(await planned('{profiles: [plug], bpffs: true}')).to.deep.equal([]);
      await changeByHand(host, { removeFrom: ['plug'], project: 'default' });
      expect(await lxd.profile('plug')).to.equal(before);
    }));

  it('restores a profile to the letter after all possible settings', () =>
    inProfile('all', async () => {
      await lxd.lxc('profile', 'set', 'all', 'linux.sysctl.net.ipv4.ip_forward', '0');
      const before = await lxd.profile('all');
      const section =
        '{profiles: [all], bpffs: true, devices: {srv: {type: disk, source: /srv, path: /srv, readonly: true}}, ' +
        'sysctls: {net.ipv4.ip_forward: 1}, security: {privileged: true, nesting: true}}';
      await changeByHand(host, { set: settings(section) });
      expect(await planned(section)).to.deep.equal([]);
      expect(await lxd.profile('all')).not.to.equal(before);
      await changeByHand(host, { removeFrom: [], project: 'default' });
      expect(await lxd.profile('all')).to.equal(before);
    }));

  it('loses nothing that somebody else writes between our read and our write', () =>
    inProfile('raced', async () => {
      const [change] = await planned('{profiles: [raced], bpffs: true}');
      if (change === undefined) throw new Error('there is something to do');
      await lxd.lxc('profile', 'device', 'add', 'raced', 'theirs', 'none');
      expect(await failure(host.apply(change))).to.include({
        code: 'datastore-conflict',
        retryable: true,
      });
      let races = 0;
      const meddled: LxdHost = {
        ...host,
        apply: async (one) => {
          races += 1;
          if (races < 3) await lxd.lxc('profile', 'set', 'raced', `user.race${String(races)}`, 'x');
          return host.apply(one);
        },
      };
      await changeByHand(meddled, { set: settings('{profiles: [raced], bpffs: true}') });
      const profile = await lxd.profile('raced');
      for (const text of ['"theirs":', '"sysfsbpf":', '"user.race1":"x"', '"user.race2":"x"']) {
        expect(profile).to.contain(text);
      }
    }));

  it('finds settings that need a restart, and restarts that container alone', () =>
    inProfile('sysctl', async () => {
      await lxd.launch('needs', { profiles: ['sysctl'] });
      await lxd.launch('other');
      const pids = await Promise.all([lxd.pid('needs'), lxd.pid('other')]);
      const key = 'linux.sysctl.net.ipv4.conf.all.rp_filter';
      await changeByHand(host, {
        set: settings(
          '{profiles: [sysctl], bpffs: true, sysctls: {net.ipv4.conf.all.rp_filter: 2}}',
        ),
      });
      expect(await lacking('needs')).to.deep.equal([key]);
      expect(await restart(['needs'])).to.deep.include({ failed: [], left: [] });
      expect(await lacking('needs')).to.deep.equal([]);
      expect(await lxd.pid('needs')).not.to.equal(pids[0]);
      expect(await lxd.pid('other')).to.equal(pids[1]);
      await lxd.lxc('delete', '--force', 'other');
    }));

  it('stops restarting at a container that does not come back, and at one that does not shut down', () =>
    inProfile('broken', async () => {
      const config = ['security.privileged=true'];
      await lxd.launch('first', { profiles: ['broken'] });
      await lxd.launch('once', {
        profiles: ['broken'],
        config: [...config, 'environment.ONCE=yes'],
      });
      await lxd.launch('stays', { profiles: ['broken'] });
      const pid = await lxd.pid('stays');
      const report = await restart(['first', 'once', 'stays'], longEnough);
      expect(report.restarted.map(({ name }) => name)).to.deep.equal(['first']);
      expect(report.failed.map(({ why }) => why).join()).to.contain('"once"');
      expect(report.left.map(({ name }) => name)).to.deep.equal(['stays']);
      expect(await lxd.pid('stays')).to.equal(pid);
      await lxd.launch('stubborn', {
        profiles: ['broken'],
        config: [...config, 'environment.STUBBORN=yes'],
      });
      const stubborn = await lxd.pid('stubborn');
      const refused = await restart(['stubborn', 'stays'], longEnough);
      expect(refused.failed.map(({ why }) => why).join()).to.contain('"stubborn"');
      expect(await lxd.pid('stubborn')).to.equal(stubborn);
      expect(await lxd.pid('stays')).to.equal(pid);
    }));

  it('waits for the network of a container', () =>
    inProfile('net', async () => {
      await lxd.lxc('profile', 'device', 'add', 'net', 'eth0', 'nic', 'nictype=p2p');
      const config = ['security.privileged=true'];
      const withAddress = [...config, 'environment.ADDRESS=10.77.0.2/24'];
      await lxd.launch('networked', { profiles: ['net'], config: withAddress });
      await lxd.launch('never', { profiles: ['net'], config });
      await lxd.launch('alone', { profiles: ['net'], config: withAddress });
      // It had an address, and will have none.
      await lxd.lxc('config', 'unset', 'alone', 'environment.ADDRESS');
      const report = await restart(['networked', 'never', 'alone'], longEnough);
      const names = report.restarted.map(({ name }) => name);
      expect(names).to.deep.equal(['networked', 'never']);
      expect(report.failed.map(({ why }) => why).join()).to.contain('its network is not up');
    }));

  it('waits for the agent in a container when one answered before', () =>
    inProfile('inner', async () => {
      await lxd.launch('inner', { profiles: ['inner'] });
      // Well before the restart, and then not until the test says so.
      const states = ['in-force'];
      let last = 'recovering';
      const server = createServer((_request, response) => {
        response.end(JSON.stringify({ state: states.shift() ?? last }));
      });
      // The file stays over a restart, as the container's root does.
      const socket = `/proc/${String(await lxd.pid('inner'))}/root/run/calico-agent/status.sock`;
      await new Promise<void>((resolve) => void server.listen(socket, resolve));
      const asked: string[] = [];
      const listening: LxdHost = {
        ...host,
        agentInside: async (container) => {
          const answer = await host.agentInside(container);
          asked.push(answer);
          if (asked.length === 3) last = 'in-force';
          return answer;
        },
      };
      const report = await restartContainers(
        { lxd: listening, clock, isStopping: () => false },
        [{ project: 'default', name: 'inner' }],
        { parallel: 1, timeoutSeconds: 20 },
      );
      server.close();
      expect(report.failed).to.deep.equal([]);
      // The last answer has to be the same twice.
      const after = ['unhealthy', 'unhealthy', 'healthy', 'healthy'];
      expect(asked).to.deep.equal(['healthy', ...after]);
    }));

  it('restarts a container with systemd in good order', async function () {
    needsLxd(this, 'debootstrap');
    this.timeout(600_000);
    await lxd.lxc('image', 'import', await debianImage(), '--alias', 'debian');
    await inProfile('systemd', async () => {
      await lxd.launch('debian', { profiles: ['systemd'], image: 'debian' });
      const inside = (line: string): Promise<string> =>
        lxd.lxc('exec', 'debian', '--', 'sh', '-c', line);
      // "degraded" counts, because bare containers lack several services.
      const booted =
        'until [ -S /run/dbus/system_bus_socket ]; do sleep 0.1; done; systemctl is-system-running --wait || :';
      await inside(booted);
      const section =
        '{profiles: [systemd], bpffs: true, sysctls: {net.ipv4.conf.all.rp_filter: 2}}';
      await changeByHand(host, { set: settings(section) });
      expect(await lacking('debian')).to.deep.equal(['linux.sysctl.net.ipv4.conf.all.rp_filter']);
      expect(await inside('stat -f -c %T /sys/fs/bpf')).to.equal('bpf_fs\n');
      await inside('systemd-run --quiet --property=ExecStop="touch /stopped" sleep infinity');
      expect((await restart(['debian'], 60)).failed).to.deep.equal([]);
      await inside(booted);
      expect(await lacking('debian')).to.deep.equal([]);
      await inside('test -e /stopped');
    });
  });

  it('sets profiles of another project, also when that shares those of default', async () => {
    await lxd.lxc('project', 'create', 'own', '-c', 'features.images=false');
    await lxd.lxc(
      'project',
      'create',
      'scopes',
      '-c',
      'features.images=false',
      '-c',
      'features.profiles=false',
    );
    await lxd.lxc(
      'profile',
      'device',
      'add',
      'default',
      'root',
      'disk',
      'path=/',
      'pool=default',
      '--project',
      'own',
    );
    await lxd.launch('in-own', { project: 'own' });
    const before = await lxd.profile('default', 'own');
    const here = await lxd.profile('default');
    await changeByHand(host, { set: settings('{project: own, profilesOf: in-*, bpffs: true}') });
    expect(await lxd.profile('default')).to.equal(here);
    expect(
      (await containers()).map(({ project, name, needsRestart }) => [project, name, needsRestart]),
    ).to.deep.equal([['own', 'in-own', false]]);
    await changeByHand(host, { removeFrom: [], project: 'own' });
    expect(await lxd.profile('default', 'own')).to.equal(before);
    await changeByHand(host, {
      set: settings('{project: scopes, profiles: [default], bpffs: true}'),
    });
    expect(await lxd.profile('default')).not.to.equal(here);
    await changeByHand(host, { removeFrom: [], project: 'default' });
    await lxd.lxc('delete', '--force', 'in-own', '--project', 'own');
  });

  it('names a missing profile, folder or module, and changes nothing', async () => {
    const before = await lxd.profile('default');
    for (const [section, text] of [
      ['{profiles: [defualt, default], bpffs: true}', 'did you mean "default"?'],
      ['{project: nope, profiles: [default], bpffs: true}', 'no project "nope"'],
      ['{profiles: [default], devices: {x: {type: disk, source: /nowhere, path: /x}}}', '/nowhere'],
      ['{profiles: [default], kernelModules: [no_such_module]}', 'no_such_module'],
    ] as const) {
      const error = await failure(changeByHand(host, { set: settings(section) }));
      expect(error.code, section).to.equal('invalid-config');
      expect(error.message).to.contain(text);
    }
    expect(await lxd.profile('default')).to.equal(before);
  });

  it('reports when there is no LXD, and when it does not answer', async () => {
    const environment = { LXD_DIR: '/nowhere' };
    const nowhere = createLxdHost({ environment, logger: { warn: () => undefined } });
    expect((await nowhere.observe()).daemon).to.deep.include({ state: 'absent' });
    await lxd.kill();
    expect(await failure(host.observe())).to.include({ code: 'datastore-failed', retryable: true });
    await lxd.start();
    expect((await host.observe()).daemon.state).to.equal('there');
  });

  it('restarts a container although LXD is killed in the middle of it', () =>
    inProfile('killed', async () => {
      await lxd.launch('survivor', { profiles: ['killed'] });
      const pid = await lxd.pid('survivor');
      const killing: LxdHost = {
        ...host,
        restart: async (container, seconds) => {
          const restarting = host.restart(container, seconds);
          await Promise.all([restarting.catch(() => undefined), lxd.kill()]);
          await lxd.start();
          return restarting;
        },
      };
      const report = await restartContainers(
        { lxd: killing, clock, isStopping: () => false },
        [{ project: 'default', name: 'survivor' }],
        { parallel: 1, timeoutSeconds: 20 },
      );
      // It is chance whether LXD had begun: the agent may try again, or the container runs.
      expect(report.failed.every(({ retryable }) => retryable)).to.equal(true);
      if (report.failed.length > 0) expect((await restart(['survivor'])).failed).to.deep.equal([]);
      expect(await lxd.pid('survivor')).not.to.equal(pid);
      expect(await lxd.pid('survivor')).not.to.equal(0);
    }));
});
