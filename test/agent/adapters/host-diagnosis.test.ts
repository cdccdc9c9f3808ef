import { expect } from 'chai';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createBirdSessions } from '../../../agent/adapters/bird/bird-sessions.ts';
import { createHostRoutes } from '../../../agent/adapters/host-routes/host-routes.ts';
import type { KernelRoute } from '../../../core/sessions/parse-kernel-routes.ts';
import type { ObservedDaemon } from '../../../core/sessions/session.ts';
import { recordedSessions } from '../../support/calico/bird-answers.ts';
import { createHostDiagnosis } from '../../../agent/adapters/host-diagnosis/host-diagnosis.ts';
import type { ExpectedCluster, Finding, HostExpectations } from '../../../agent/ports/diagnosis.ts';

type Started = readonly [name: string, environment?: string, network?: string];

const plain: ExpectedCluster = { bgpPort: 179, ipv6: false };

describe('the diagnosis of a host', () => {
  let root: string;
  let timedatectl: string | undefined;
  let protectHome: string | undefined;
  let expected: Pick<HostExpectations, 'roles' | 'homeFiles'>;
  let cluster: Promise<ExpectedCluster>;
  let daemons: readonly ObservedDaemon[];
  let routes: readonly KernelRoute[];
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'calico-doctor-'));
    timedatectl = 'yes';
    daemons = [];
    routes = [];
    protectHome = undefined;
    expected = { roles: ['node'], homeFiles: [] };
    cluster = Promise.resolve(plain);
  });
  afterEach(() => rm(root, { recursive: true }));

  const write = async (files: Readonly<Record<string, string>>): Promise<void> => {
    for (const [file, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(root, file)), { recursive: true });
      await writeFile(path.join(root, file), text);
    }
  };
  const link = async (file: string, target: string): Promise<void> => {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await symlink(target, path.join(root, file));
  };
  const findings = (): Promise<readonly Finding[]> =>
    createHostDiagnosis(
      { stateDirectory: '/var/lib/calico-agent', cluster, ...expected },
      {
        sessions: { observe: () => Promise.resolve(daemons) },
        routes: { birdRoutes: () => Promise.resolve({ ok: true, value: routes }) },
      },
      {
        root,
        timedatectl: () => Promise.resolve(timedatectl),
        systemctl: () => Promise.resolve(protectHome),
        deadlineMs: 5000,
      },
    ).diagnose();
  /** The findings of one check. */
  const look = async (check: string): Promise<readonly Finding[]> =>
    (await findings()).filter((finding) => finding.check === check);
  const one = async (check: string): Promise<Finding> => {
    const [found, ...more] = await look(check);
    if (found === undefined || more.length > 0) throw new Error(`not one finding of ${check}`);
    if (found.result !== 'ok') expect(found.message).to.not.equal('');
    return found;
  };

  const processes = async (...all: readonly Started[]): Promise<void> => {
    await link('proc/self/ns/net', 'net:[1]');
    for (const [index, [name, environment = '', network = 'net:[1]']] of all.entries()) {
      const pid = String(index + 100);
      await write({ [`proc/${pid}/comm`]: `${name}\n`, [`proc/${pid}/environ`]: environment });
      await link(`proc/${pid}/ns/net`, network);
    }
  };

  describe('of calico-node', () => {
    const felix = (environment: string): Started => ['calico-node', environment];
    const cases: readonly (readonly [string, readonly Started[], Finding['result'], string])[] = [
      ['nothing runs', [], 'warning', 'no calico-node runs'],
      ['BIRD runs', [felix(''), ['bird']], 'ok', 'with BIRD'],
      [
        'its backend is vxlan',
        [felix('A=1\0CALICO_NETWORKING_BACKEND=vxlan\0')],
        'warning',
        'calico_backend is "vxlan": BGP settings are stored and have no effect',
      ],
      [
        'its backend is none',
        [felix('CALICO_NETWORKING_BACKEND=none')],
        'warning',
        'calico_backend is "none"',
      ],
      [
        'BIRD does not run though it shall',
        [felix('CALICO_NETWORKING_BACKEND=bird')],
        'failed',
        'but BIRD does not',
      ],
      ['only Felix runs, who says nothing', [felix('')], 'warning', 'without BIRD'],
      [
        'only containers of this machine have one',
        [
          ['calico-node', '', 'net:[2]'],
          ['bird', '', 'net:[2]'],
        ],
        'warning',
        'no calico-node runs',
      ],
    ];
    for (const [what, all, result, message] of cases) {
      it(`is ${result} when ${what}`, async () => {
        await processes(...all);
        const found = await one('calico-node');
        expect(found.result).to.equal(result);
        expect(found.message).to.contain(message);
        expect('hint' in found).to.equal(result !== 'ok');
      });
    }

    it('warns of an AS number that each start writes, and not of an empty one', async () => {
      await processes(felix('AS=64512\0SECRET=x'), ['bird']);
      const found = await one('AS number');
      expect(found.message).to.contain('AS=64512').and.not.contain('SECRET');
      await write({ 'proc/100/environ': 'AS=\0' });
      expect(await look('AS number')).to.deep.equal([]);
    });
  });

  describe('of the BGP port', () => {
    const row = (port: string, state: string, inode: number): string =>
      `   0: 00000000:${port} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000 0 0 ${String(inode)} 1\n`;
    const listen = (table: string, text: string): Promise<void> =>
      write({ [`proc/net/${table}`]: `  sl  local_address rem_address   st\n${text}` });
    const holds = (pid: number, inode: number): Promise<void> =>
      link(`proc/${String(pid)}/fd/7`, `socket:[${String(inode)}]`);

    it('is well when BIRD listens in both families', async () => {
      await processes(['bird'], ['bird6']);
      await listen('tcp', row('00B3', '0A', 41));
      await listen('tcp6', row('00B3', '0A', 42));
      await holds(100, 41);
      await holds(101, 42);
      expect(await one('BGP port')).to.include({
        result: 'ok',
        message: 'BIRD listens on port 179',
      });
    });

    it('fails when another program has it, and names the program', async () => {
      await processes(['gobgpd']);
      await listen('tcp6', row('00B3', '0A', 42));
      await holds(100, 42);
      const found = await one('BGP port');
      expect(found.result).to.equal('failed');
      expect(found.message).to.contain('taken by gobgpd (100)');
    });

    it('warns when another program listens on it at another address', async () => {
      await processes(['bird'], ['bgpd']);
      await listen('tcp', row('00B3', '0A', 41) + row('00B3', '0A', 42));
      await holds(100, 41);
      await holds(101, 42);
      const found = await one('BGP port');
      expect(found.result).to.equal('warning');
      expect(found.message).to.contain('by BIRD, and by bgpd (101) as well');
    });

    it('warns when it may not see which program it is', async () => {
      await listen('tcp', row('00B3', '0A', 41));
      expect((await one('BGP port')).hint).to.contain('as root');
    });

    it('takes neither another port nor a session for a listener', async () => {
      await listen('tcp', row('01B3', '0A', 41) + row('00B3', '01', 42));
      expect(await one('BGP port')).to.include({ result: 'ok', message: 'port 179 is free' });
    });

    it("uses the cluster's port, once that is known", async () => {
      await listen('tcp', row('049B', '0A', 41));
      cluster = new Promise((resolve) => {
        setImmediate(() => resolve({ ...plain, bgpPort: 1179 }));
      });
      expect((await one('BGP port')).message).to.contain('port 1179');
    });

    it('warns when BIRD runs and does not listen', async () => {
      await processes(['bird']);
      expect((await one('BGP port')).message).to.contain('does not listen on port 179');
    });
  });

  describe('of BIRD', () => {
    const at = '/var/run/calico/bird.ctl';
    const birdWith = (sessions = recordedSessions('bird-1.6.8')): ObservedDaemon => ({
      ok: true,
      at,
      sessions,
      routes: 4,
      status: {
        version: '1.6.8',
        routerId: '10.9.0.1',
        activity: 'running',
        isRecovering: false,
      },
    });

    it('counts its sessions and says why some are not established', async () => {
      daemons = [birdWith()];
      expect(await one('BIRD socket')).to.deep.equal({
        check: 'BIRD socket',
        result: 'ok',
        message: `${at}: BIRD 1.6.8, 1 of 8 sessions established`,
      });
      const sessions = await look('BGP session');
      expect(sessions.map(({ message }) => message)).to.include(
        "10.9.0.3 AS 64512 is not established (Active): connection refused: is BGP's port 1179 open there?",
      );
      expect(sessions.at(-1)?.message).to.equal('2 more sessions are not established');
      expect(sessions.map(({ result }) => result)).to.not.include('failed');
    });

    it('fails when no session is established', async () => {
      daemons = [birdWith(recordedSessions('bird-1.6.8').slice(4, 5))];
      expect((await one('BGP session')).result).to.equal('failed');
    });

    it('warns while BIRD waits for its sessions after a start', async () => {
      const bird = birdWith([]);
      daemons = bird.ok ? [{ ...bird, status: { ...bird.status, isRecovering: true } }] : [];
      const found = await look('BIRD socket');
      expect(found.map(({ result }) => result)).to.deep.equal(['ok', 'warning']);
    });

    it('fails when the kernel refuses a route of BIRD', async () => {
      daemons = [birdWith([])];
      routes = [
        { family: 4, destination: '192.168.3.0/26', kind: 'unreachable', nextHops: [] },
        { family: 4, destination: '192.168.1.0/26', kind: 'blackhole', nextHops: [] },
      ];
      const found = await one('BIRD routes');
      expect(found.result).to.equal('failed');
      expect(found.message).to.contain('1 of 2 routes').and.to.contain('192.168.3.0/26');
    });

    it('fails when BIRD runs and cannot be asked', async () => {
      await processes(['bird6']);
      const socket = '/var/run/calico/bird6.ctl';
      daemons = [{ ok: false, at: socket, fault: 'silent', why: 'it hung up' }];
      expect(await one('BIRD socket, IPv6')).to.include({
        result: 'failed',
        message: `${socket}: it hung up`,
      });
    });

    it('only warns of a socket that an ended BIRD left behind', async () => {
      daemons = [{ ok: false, at, fault: 'silent', why: 'no program listens there' }];
      expect((await one('BIRD socket')).result).to.equal('warning');
    });

    for (const fault of ['denied', 'foreign'] as const) {
      it(`only warns when the socket is ${fault}`, async () => {
        await processes(['bird']);
        daemons = [{ ok: false, at, fault, why: 'so it is' }];
        expect((await one('BIRD socket')).result).to.equal('warning');
      });
    }

    it('fails when BIRD runs without its socket', async () => {
      await processes(['bird']);
      const { result, message } = await one('BIRD socket');
      expect(result).to.equal('failed');
      expect(message).to.contain("bird.ctl is not in Calico's run folder");
    });

    it('says nothing when there is no BIRD', async () => {
      expect(await look('BIRD socket')).to.deep.equal([]);
      expect(await look('BIRD routes')).to.deep.equal([]);
    });
  });

  describe('of forwarding', () => {
    const set = (fourth: string, sixth: string): Promise<void> =>
      write({
        'proc/sys/net/ipv4/ip_forward': `${fourth}\n`,
        'proc/sys/net/ipv6/conf/all/forwarding': `${sixth}\n`,
      });

    it('may be off when there are no pods', async () => {
      await set('0', '0');
      expect(await one('IPv4 forwarding')).to.include({ result: 'warning' });
    });

    it('fails when it is off', async () => {
      await set('0', '0');
      await processes(['calico-node']);
      expect(await one('IPv4 forwarding')).to.include({ result: 'failed' });
      expect((await one('IPv4 forwarding')).hint).to.contain('sysctl -w net.ipv4.ip_forward=1');
    });

    it('checks IPv6 only when there are IPv6 pools', async () => {
      await set('1', '0');
      await processes(['calico-node']);
      expect(await one('IPv4 forwarding')).to.include({ result: 'ok' });
      expect(await one('IPv6 forwarding')).to.include({ result: 'ok' });
      cluster = Promise.resolve({ ...plain, ipv6: true });
      expect(await one('IPv6 forwarding')).to.include({ result: 'failed' });
    });
  });

  describe('of rp_filter', () => {
    const cases: readonly (readonly [
      string,
      Readonly<Record<string, string>>,
      Finding['result'],
      string,
    ])[] = [
      ['all is loose', { all: '2', default: '2' }, 'warning', 'the calico charm blocks'],
      ['all is off', { all: '0', default: '1', eth0: '0' }, 'ok', 'all 0, default 1'],
      ['one uplink is strict', { all: '0', default: '0', eth0: '1' }, 'ok', 'all 0'],
      [
        'several uplinks are strict',
        { all: '1', default: '0', eth0: '0', eth1: '1' },
        'warning',
        'strict (1) on several uplinks (eth0, eth1)',
      ],
      [
        'of several uplinks one is loose',
        { all: '1', default: '0', eth0: '2', eth1: '1' },
        'ok',
        'all 1',
      ],
      [
        'the other strict one is no uplink',
        { all: '1', default: '0', eth0: '1', cali1: '1' },
        'ok',
        'all 1',
      ],
    ];
    for (const [what, values, result, message] of cases) {
      it(`is ${result} when ${what}`, async () => {
        for (const [name, value] of Object.entries(values)) {
          await write({ [`proc/sys/net/ipv4/conf/${name}/rp_filter`]: `${value}\n` });
          if (!name.startsWith('eth')) continue;
          await write({ [`sys/class/net/${name}/operstate`]: 'up\n' });
          await mkdir(path.join(root, `sys/class/net/${name}/device`));
        }
        const found = await one('rp_filter');
        expect(found.result).to.equal(result);
        expect(found.message).to.contain(message);
      });
    }
  });

  describe('of the MTU', () => {
    const face = (name: string, mtu: number, flags = '0x1003'): Promise<void> =>
      write({
        [`sys/class/net/${name}/mtu`]: `${String(mtu)}\n`,
        [`sys/class/net/${name}/flags`]: `${flags}\n`,
      });
    beforeEach(async () => {
      await face('eth0', 1500);
      await write({
        'proc/net/route':
          'Iface Destination Gateway Flags RefCnt Use Metric Mask\neth0 00000000 0102000A 0003 0 0 0 00000000\n',
      });
    });

    const cases: readonly (readonly [string, number, Finding['result']])[] = [
      ['tunl0', 1480, 'ok'],
      ['tunl0', 1500, 'warning'],
      ['vxlan.calico', 1450, 'ok'],
      ['vxlan.calico', 1480, 'warning'],
      ['vxlan-v6.calico', 1450, 'warning'],
      ['vxlan-v6.calico', 1430, 'ok'],
    ];
    for (const [name, mtu, result] of cases) {
      it(`is ${result} with ${String(mtu)} on ${name} over 1500`, async () => {
        await face(name, mtu);
        expect(await one('MTU')).to.include({ check: 'MTU', result });
      });
    }

    it('does not count a tunnel that is down: the kernel makes tunl0 by itself', async () => {
      await face('tunl0', 1500, '0x80');
      expect(await one('MTU')).to.include({ result: 'ok', message: 'no tunnel is up' });
    });
  });

  it('reports whether /sys/fs/bpf is mounted, and what to do in an LXD container', async () => {
    await write({ 'proc/self/mounts': 'proc /proc proc rw 0 0\nbpf /sys/fs/bpf bpf rw 0 0\n' });
    expect(await one('/sys/fs/bpf')).to.include({ result: 'ok' });
    await write({ 'proc/self/mounts': 'proc /proc proc rw 0 0\n' });
    expect((await one('/sys/fs/bpf')).hint).to.contain('mount -t bpf');
    await write({ 'run/systemd/container': 'lxc\n' });
    expect((await one('/sys/fs/bpf')).hint).to.contain('lxc profile device add');
  });

  it('reports whether the clock is synchronised', async () => {
    expect(await one('clock')).to.include({ result: 'ok' });
    for (const answer of ['no', undefined]) {
      timedatectl = answer;
      expect(await one('clock')).to.include({ result: 'warning' });
    }
    await write({ 'run/systemd/timesync/synchronized': '' });
    expect(await one('clock')).to.include({ result: 'ok' });
  });

  it('refers to the host of a container for its clock, and to the container for its forwarding', async () => {
    await write({ 'run/systemd/container': 'lxc\n', 'proc/sys/net/ipv4/ip_forward': '0\n' });
    timedatectl = 'no';
    expect((await one('clock')).hint).to.equal(
      'on the host of this container: start chrony or systemd-timesyncd',
    );
    expect((await one('IPv4 forwarding')).hint).to.contain('in a container inside of it');
  });

  it('warns of files in homes that the unit hides from the daemon', async () => {
    expected = { roles: ['node'], homeFiles: ['/root/.kube/config'] };
    for (const value of ['no', 'read-only', undefined]) {
      protectHome = value;
      expect(await look('ProtectHome')).to.deep.equal([]);
    }
    protectHome = 'yes';
    expect((await one('ProtectHome')).message).to.contain('hides /root/.kube/config');
    expected = { roles: ['node'], homeFiles: [] };
    expect(await look('ProtectHome')).to.deep.equal([]);
  });

  it('skips the checks of Calico on a host of LXD containers', async () => {
    expected = { roles: ['lxd-host'], homeFiles: [] };
    const checks = (await findings()).map(({ check }) => check);
    expect(checks).to.include.members(['/sys/fs/bpf', 'clock', 'state directory']);
    expect(checks).to.not.include.members(['calico-node']);
    expect(checks).to.not.include.members(['IPv4 forwarding']);
  });

  it('warns of a calico charm on this machine, unless its options are ours', async () => {
    await mkdir(path.join(root, 'var/lib/juju/agents/unit-calico-12'), { recursive: true });
    await mkdir(path.join(root, 'var/lib/juju/agents/unit-calico-agent-3'));
    const found = await one('calico charm');
    expect(found.result).to.equal('warning');
    expect(found.message).to.match(/^calico\/12 on this machine/);
    cluster = Promise.resolve({ ...plain, source: 'juju' });
    expect(await one('calico charm')).to.include({ result: 'ok' });
    await rm(path.join(root, 'var/lib/juju/agents/unit-calico-12'), { recursive: true });
    expect(await look('calico charm')).to.deep.equal([]);
  });

  describe('of the state directory', () => {
    const make = async (mode: number): Promise<void> => {
      await mkdir(path.join(root, 'var/lib/calico-agent'), { recursive: true });
      await chmod(path.join(root, 'var/lib/calico-agent'), mode);
    };

    it('is well when only the agent can read it', async () => {
      await make(0o700);
      expect(await one('state directory')).to.include({ result: 'ok' });
    });

    it('warns when other users can read it', async () => {
      await make(0o750);
      expect((await one('state directory')).message).to.contain('the rights 0750');
    });

    it('is well before the daemon has made it, and shows the free space at its place', async () => {
      await mkdir(path.join(root, 'var/lib'), { recursive: true });
      expect((await one('state directory')).message).to.contain('does not exist yet');
      expect((await one('disk')).message).to.match(/^\d+ MiB free below "\/var\/lib"/);
    });
  });

  it('finds only warnings on a machine that shows nothing', async () => {
    timedatectl = undefined;
    const all = await findings();
    expect(all.filter(({ result }) => result === 'failed')).to.deep.equal([]);
    expect(all.length).to.be.greaterThan(7);
  });

  it('never throws on this machine', async () => {
    const all = await createHostDiagnosis(
      {
        roles: ['node'],
        homeFiles: [],
        stateDirectory: '/var/lib/calico-agent',
        cluster: Promise.reject(new Error('nobody knows')),
      },
      { sessions: createBirdSessions(), routes: createHostRoutes() },
    ).diagnose();
    for (const { check, result, message } of all) {
      expect([check, message]).to.not.include('');
      expect(['ok', 'warning', 'failed']).to.include(result);
    }
    expect(all.length).to.be.greaterThan(7);
  });
});
