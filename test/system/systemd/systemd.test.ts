/** The packages under a real systemd: installed, broken, upgraded, rebooted and removed. */
import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { canStartContainer } from './missing-programs.ts';
import { startContainer, type SystemdContainer } from './container.ts';

const run = promisify(execFile);
const socket = '/run/calico-agent/agent.sock';
/** As many as a configuration may have. */
const peerCount = 1000;
const ourDropIn = '/run/systemd/system/calico-agent.service.d';

/** `recovering` until its first observation has ended; then there is nothing to do. */
const justStarted = /^(recovering|waiting)$/;

const guardSocket = 'calico-agent-guard.socket';
const etcdSettings =
  'apiVersion: calico-agent/v1\\nkind: AgentConfig\\ndatastore: {driver: etcd}\\n';

describe('the packages under a real systemd', function () {
  this.timeout(300_000);
  let shared = '';
  let container: SystemdContainer | undefined;

  before(async function () {
    this.timeout(600_000);
    if (!(await canStartContainer())) return this.skip();
    shared = await mkdtemp(path.join(tmpdir(), 'calico-agent-shared-'));
    await buildPackages();
    container = await startContainer(shared);
  });
  after(async function () {
    this.timeout(180_000);
    await container?.remove();
    if (shared !== '') await rm(shared, { recursive: true });
  });

  /**
   * The old package differs by its version. While its files are replaced a client connects, and the
   * test records which version runs then.
   */
  const buildPackages = async (): Promise<void> => {
    const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
    const options = ['--fast', '--arch', architecture, '--version', '0.1.0', '--out', shared];
    await run(process.execPath, ['--import', 'tsx', 'build/package.ts', ...options]);
    const folder = path.join(shared, 'old');
    const control = ['control', 'preinst'].map((name) => path.join(folder, 'DEBIAN', name));
    await run('dpkg-deb', ['--raw-extract', agentPackage('0.1.0', architecture), folder]);
    await run('sed', ['-i', 's/0\\.1\\.0/0.0.9/g', ...control]);
    const connects = 'calico-agent status -o json >/run/answer 2>&1 &';
    const state = 'systemctl show --value -p SubState calico-agent.service';
    // "start" and "running" are the daemon itself.
    const noticed = `timeout 30 sh -c 'until ${state} | grep -q start; do sleep 0.1; done'`;
    const note = `{ ${state}; systemctl is-active calico-agent.socket; } >/run/while-replaced`;
    await appendFile(
      path.join(folder, 'DEBIAN/postrm'),
      `if [ "$1" = upgrade ]; then\n${connects}\n${noticed}\nsleep 1\n${note}\nfi\n`,
    );
    const compression = ['-Zzstd', '-z1', '--root-owner-group'];
    await run('dpkg-deb', [...compression, '--build', folder, agentPackage('0.0.9', architecture)]);
    await rm(folder, { recursive: true });
  };
  const agentPackage = (version: string, architecture: string): string =>
    path.join(shared, `calico-agent_${version}_${architecture}.deb`);
  const sh = (line: string): Promise<string> => {
    if (container === undefined) throw new Error('there is no container');
    return container.sh(line);
  };
  const show = async (property: string): Promise<string> =>
    (await sh(`systemctl show --value -p ${property} calico-agent.service`)).trim();
  const until = (condition: string): Promise<string> =>
    sh(`timeout 60 sh -c 'until ${condition}; do sleep 0.1; done'`);
  /** The journal may have a line some time after what it is about. */
  const untilLogged = (text: string): Promise<string> =>
    until(`journalctl --no-pager -u calico-agent.service | grep -q "${text}"`);
  const status = async (): Promise<Record<string, unknown>> =>
    JSON.parse(await sh('calico-agent status -o json'));
  const dropIn = async (...lines: string[]): Promise<void> => {
    const text = ['[Service]', ...lines].join('\\n');
    await sh(`mkdir -p ${ourDropIn} && printf '${text}\\n' > ${ourDropIn}/test.conf`);
    await sh('systemctl daemon-reload && systemctl restart --no-block calico-agent.service');
  };
  const withoutDropIn = async (): Promise<void> => {
    await sh(`rm -r ${ourDropIn} && systemctl daemon-reload`);
    await sh('systemctl restart calico-agent.service');
  };
  const newProcess = (old: string): Promise<string> =>
    until(
      `p=$(systemctl show --value -p MainPID calico-agent); [ "$p" != 0 ] && [ "$p" != ${old} ]`,
    );

  it('install on a bare Debian without a network, and run', async () => {
    await sh('dpkg --install /shared/calico-agent_0.0.9_*.deb');
    expect(await show('ActiveState')).to.equal('active');
    expect(await show('StatusText')).to.equal('waiting: no configuration');
    expect(await status())
      .to.have.property('state')
      .that.matches(justStarted);
    expect(await sh(`stat -c '%U %G %a' ${socket}`)).to.equal('root calico-agent 660\n');
    expect(await sh(`stat -c '%a' /var/lib/calico-agent`)).to.equal('700\n');
    // The commands in hints.
    await sh('cd /usr/share/doc/calico-agent && ls kubernetes.md etcd.md');
  });

  it('answer on the socket before the service ran', async () => {
    await sh('systemctl stop calico-agent.service');
    expect(await show('ActiveState')).to.equal('inactive');
    expect(await status())
      .to.have.property('state')
      .that.matches(justStarted);
    await until('systemctl is-active --quiet calico-agent.service');
  });

  it('answer at a boot that waits for the network', async () => {
    const waits = '/run/systemd/system/waits-for-network.service';
    const unit = [
      '[Unit]',
      'DefaultDependencies=no',
      'Before=network-online.target',
      '[Service]',
      'Type=oneshot',
      'ExecStart=/bin/sleep 300',
    ];
    await sh(`printf '${unit.join('\\n')}\\n' > ${waits}; systemctl daemon-reload`);
    await sh('systemctl stop calico-agent.service network-online.target');
    await sh('systemctl start --no-block waits-for-network.service network-online.target');
    try {
      expect(await sh('timeout 60 calico-agent status -o json')).to.contain('"state"');
    } finally {
      await sh(`systemctl stop waits-for-network.service; rm ${waits}; systemctl daemon-reload`);
    }
  });

  it('come back by themselves after kill -9', async () => {
    const pid = await show('MainPID');
    await sh(`kill -9 ${pid}`);
    await newProcess(pid);
    expect(await status())
      .to.have.property('state')
      .that.matches(justStarted);
  });

  it('are replaced by the watchdog when the daemon hangs', async () => {
    await dropIn('WatchdogSec=3s');
    await until('systemctl is-active --quiet calico-agent.service');
    const pid = await show('MainPID');
    // Longer than the deadline: the heartbeat keeps it alive.
    await sh('sleep 5');
    expect(await show('MainPID')).to.equal(pid);
    await sh(`kill -STOP ${pid}`);
    await newProcess(pid);
    await untilLogged('Watchdog timeout');
    await withoutDropIn();
  });

  it('hold their limit of memory', async () => {
    const group = await show('ControlGroup');
    const files = [
      `/sys/fs/cgroup${group}/memory.max`,
      `/sys/fs/cgroup/memory${group}/memory.limit_in_bytes`,
    ];
    expect((await sh(`cat ${files.join(' ')} 2>/dev/null || :`)).trim()).to.equal(
      String(320 * 2 ** 20),
    );
    // A program that uses more, among the daemon's processes: systemd ends it, and the daemon
    // stays.
    const procs = [`/sys/fs/cgroup${group}`, `/sys/fs/cgroup/memory${group}`];
    const enter = `for d in ${procs.join(' ')}; do [ ! -d $d ] || echo $$ > $d/cgroup.procs; done`;
    const greedy = `sh -c '${enter}; exec perl -e "print length(q(x) x 400_000_000)"'`;
    expect(await sh(`${greedy} 2>&1; echo ended with $?`)).to.match(
      /^(Killed\n)?ended with 137\n$/,
    );
    await until('calico-agent status | grep -q waiting');
  });

  it('say why the daemon cannot start, and start once it is mended', async () => {
    await sh('printf broken > /etc/calico-agent/agent.yaml; systemctl restart calico-agent || :');
    const answer = await sh('calico-agent status 2>&1 || :');
    expect(answer).to.contain('the agent cannot start').and.to.contain('agent.yaml');
    await sh('rm /etc/calico-agent/agent.yaml');
    await until('systemctl is-active --quiet calico-agent.service');
    expect(await status())
      .to.have.property('state')
      .that.matches(justStarted);
  });

  it('read the settings again on reload, and a line of the log has its priority', async () => {
    const settings =
      'apiVersion: calico-agent/v1\\nkind: AgentConfig\\nnode: {name: node-0, addresses: [10.0.0.2/24]}\\n';
    await sh(`printf '${settings}' > /etc/calico-agent/agent.yaml; systemctl reload calico-agent`);
    await until('calico-agent status | grep -q node-0');
    await until('[ "$(systemctl show --value -p ActiveState calico-agent)" = active ]');
    const errors = await sh('journalctl --no-pager --output cat -p err -u calico-agent.service');
    expect(errors).to.contain('cannot use "/etc/calico-agent/agent.yaml"');
    expect(errors).not.to.contain('settings read again');
  });

  it('are upgraded in the middle of a change, which is finished', async () => {
    const peers = Array.from(
      { length: peerCount },
      (_, index) =>
        `{address: 10.9.${String(Math.floor(index / 200))}.${String((index % 200) + 1)}, as-number: 65001}`,
    );
    await writeFile(
      path.join(shared, 'network.yaml'),
      `global-as-number: 65000\nnode-to-node-mesh: true\nglobal-bgp-peers: [${peers.join(', ')}]\n`,
    );
    const folder = '/var/lib/calico-agent/resources';
    await sh('calico-agent apply /shared/network.yaml');
    await until(`ls ${folder} 2>/dev/null | grep -q bgppeer`);
    // It stands still there until dpkg has it restarted.
    await sh(`kill -STOP ${await show('MainPID')}`);
    const done = Number(await sh(`ls ${folder} | grep -c '^30-bgppeer'`));
    expect(done).to.be.lessThan(peerCount);
    await sh('dpkg --install /shared/calico-agent_0.1.0_*.deb');
    // A client that connected meanwhile is answered by the new version, and by no other.
    expect(await sh('cat /run/while-replaced')).to.equal('start-pre\nactive\n');
    await until('[ -s /run/answer ]');
    const { agentVersion }: { readonly agentVersion: string } = JSON.parse(
      await sh('cat /run/answer'),
    );
    expect(agentVersion).to.equal('0.1.0');
    expect(await show('NeedDaemonReload')).to.equal('no');
    expect(await show('DropInPaths')).to.equal('');
    await until('calico-agent status | grep -q "in force"');
    expect((await sh(`ls ${folder} | grep -c '^30-bgppeer'`)).trim()).to.equal(String(peerCount));
    await untilLogged('finishing revision');
    expect(await sh(`find /var/lib/calico-agent -name '*.unfinished'`)).to.equal('');
  });

  it('keep the revision over a reboot', async () => {
    const before = (await status())['revisions'];
    await container?.reboot();
    await until('calico-agent status | grep -q "in force"');
    expect((await status())['revisions']).to.deep.equal(before);
  });

  it('refuse a downgrade, and to touch state of a newer version', async () => {
    const downgrade = 'dpkg --install /shared/calico-agent_0.0.9_*.deb 2>&1';
    expect(await sh(`${downgrade} || :`)).to.contain('newer than 0.0.9');
    await until('calico-agent status | grep -q "in force"');
    const state = '/var/lib/calico-agent/state.json';
    await sh(`cp ${state} /root/state.json`);
    await sh(
      `sed -i 's/"formatVersion": *[0-9]*/"formatVersion":99/' ${state}; cp ${state} /root/newer.json`,
    );
    await sh('systemctl restart calico-agent || :');
    expect(await sh('journalctl --no-pager -u calico-agent.service | tail -20')).to.contain(
      'newer',
    );
    await sh(`cmp ${state} /root/newer.json`);
    await sh(`cp /root/state.json ${state}`);
    await until('calico-agent status | grep -q "in force"');
  });

  it("stay within their exposure by systemd's measure, agent and controller", async () => {
    await sh('dpkg --install /shared/calico-controller_0.1.0_*.deb');
    expect(await exposure('calico-agent')).to.be.at.most(1.5);
    expect(await exposure('calico-agent-guard@1')).to.be.at.most(1.1);
    expect(await exposure('calico-controller')).to.be.at.most(1.4);
    const known = /Command 'man /;
    const units = `calico-agent.service calico-agent.socket calico-agent-status.socket ${guardSocket} calico-agent-guard@1.service`;
    const verified = await sh(
      `systemd-analyze verify ${units} calico-controller.service 2>&1 || :`,
    );
    expect(verified.split('\n').filter((line) => line !== '' && !known.test(line))).to.deep.equal(
      [],
    );
    expect(await sh('journalctl --no-pager | grep -i "unknown key" || :')).to.equal('');
  });
  const exposure = async (unit: string): Promise<number> => {
    const report = await sh(`systemd-analyze security --no-pager ${unit}.service | tail -1`);
    return Number(/: ([\d.]+) /.exec(report)?.[1]);
  };

  it('give more rights by the drop-in for the role lxd-host only', async () => {
    const capabilities = async (): Promise<string> =>
      (await sh(`sed -n 's/^CapEff:.0*//p' /proc/${await show('MainPID')}/status`)).trim();
    expect(await capabilities()).to.equal('');
    const etc = '/etc/systemd/system/calico-agent.service.d';
    const example = '/usr/share/doc/calico-agent/examples/lxd-host.conf';
    await sh(`mkdir ${etc} && cp ${example} ${etc} && systemctl daemon-reload`);
    await sh('systemctl restart calico-agent.service');
    // CAP_DAC_READ_SEARCH (2), SYS_CHROOT (18), SYS_PTRACE (19), SYS_ADMIN (21).
    expect(await capabilities()).to.equal('2c0004');
    await sh(`rm -r ${etc}; systemctl daemon-reload; systemctl restart calico-agent.service`);
  });

  /** In the way of the agent. */
  const askHelper = async (request: object): Promise<unknown> => {
    const ask = `const socket = require('net').connect('/run/calico-agent/guard.sock');
      socket.setEncoding('utf8').on('data', (text) => { console.log(text); socket.destroy(); });
      socket.on('end', () => console.log('null'));
      socket.write(process.argv[2] + '\\n');`;
    await writeFile(path.join(shared, 'ask.cjs'), ask);
    const node = '/usr/lib/calico-agent/node';
    return JSON.parse(await sh(`${node} /shared/ask.cjs '${JSON.stringify(request)}'`));
  };
  /** Our rules, and the content of our table. */
  const standing = async (): Promise<readonly string[]> =>
    (await sh('ip rule show; ip route show table all proto 203'))
      .split('\n')
      .filter((line) => /203|4711/.test(line));
  const guardTimers = (): Promise<string> =>
    sh("systemctl list-timers --all --no-legend 'calico-agent-guard-*'");

  it('make guard routes by the helper alone, which has that one right', async () => {
    await sh('ip link add guarded type veth peer name guarded-peer');
    await sh('ip address add 10.77.0.1/24 dev guarded; ip link set guarded up');
    await sh('ip route add 192.168.77.0/26 via 10.77.0.2 proto 12 onlink dev guarded');
    expect(await sh(`systemctl is-active ${guardSocket}`)).to.equal('active\n');
    expect(await sh("stat -c '%U %G %a' /run/calico-agent/guard.sock")).to.equal('root root 600\n');
    const begin = { action: 'begin', seconds: 300 };
    expect(await askHelper(begin)).to.deep.equal({ answer: 'on', routes: 1, uncopied: 0 });
    expect((await standing()).join()).to.contain('lookup 4711');
    // systemd removes them at their deadline, whatever happens to the agent; one timer is enough.
    await until("systemctl list-timers --all | grep -q 'calico-agent-guard-'");
    expect(await askHelper(begin)).to.have.property('answer', 'on');
    await until('! systemctl --quiet is-active "calico-agent-guard@*.service"');
    expect((await guardTimers()).trim().split('\n')).to.have.length(1);
    const refused = { ...begin, table: 254 };
    expect(await askHelper(refused)).to.have.property('answer', 'failed');
    expect(await askHelper({ action: 'end' })).to.deep.equal({ answer: 'done' });
    expect(await standing()).to.deep.equal([]);
    await until('! systemctl --quiet is-active "calico-agent-guard@*.service"');
    expect(await guardTimers()).to.equal('');
    expect(await sh(`journalctl --quiet --no-pager -o cat -t calico-agent-guard`)).to.equal('');
    // The agent does not know these, and systemd removes them at their deadline.
    expect(await askHelper({ action: 'begin', seconds: 5 })).to.have.property('answer', 'on');
    await until('! ip -N rule show | grep -q "proto 203"');
    expect(await standing()).to.deep.equal([]);
  });

  it('give the helper the table of agent.yaml, and none when it says never', async () => {
    const settings = 'apiVersion: calico-agent/v1\\nkind: AgentConfig\\nchanges:';
    const saved = '/root/guard-agent.yaml';
    await sh(`cp -p /etc/calico-agent/agent.yaml ${saved}`);
    await sh(
      `umask 077; rm /etc/calico-agent/agent.yaml; printf '${settings} {guardTable: 900}\n' > /etc/calico-agent/agent.yaml`,
    );
    expect(await askHelper({ action: 'begin', seconds: 300 })).to.have.property('answer', 'on');
    expect(await sh('ip rule show')).to.contain('lookup 900');
    expect(await askHelper({ action: 'end' })).to.deep.equal({ answer: 'done' });
    await sh(`printf '${settings} {guard: never}\n' > /etc/calico-agent/agent.yaml`);
    expect(await askHelper({ action: 'begin', seconds: 300 })).to.have.property('answer', 'never');
    await sh('rm /etc/calico-agent/agent.yaml');
    expect(await askHelper({ action: 'find-obstacle' })).to.deep.equal({ answer: 'done' });
    await sh(`mv ${saved} /etc/calico-agent/agent.yaml`);
  });

  it('have no guard routes when the helper is masked, and say so', async () => {
    await sh('cp /etc/calico-agent/agent.yaml /root/agent.yaml');
    await sh(`printf '${etcdSettings}' > /etc/calico-agent/agent.yaml`);
    await sh('systemctl restart calico-agent.service');
    // Within its sandbox the agent finds no obstacle.
    await until('calico-agent status | grep -q etcd');
    expect(await status()).not.to.have.property('guard');
    await sh(`systemctl mask --now ${guardSocket}; systemctl restart calico-agent.service`);
    await until('calico-agent status | grep -q "no guard routes"');
    expect(JSON.stringify((await status())['guard'])).to.contain(guardSocket);
    expect(await sh('calico-agent doctor || :')).to.match(
      /warning +guard routes .*does not listen/,
    );
    await sh(`systemctl unmask ${guardSocket}; systemctl restart calico-agent.service`);
    expect(await sh(`systemctl is-active ${guardSocket}`)).to.equal('active\n');
    await until('! calico-agent status | grep -q "no guard routes"');
    await sh('cp /root/agent.yaml /etc/calico-agent/; systemctl restart calico-agent.service');
  });

  it('end a helper that hangs, and the next request is answered', async () => {
    // It waits for its request, and systemd ends it.
    const hangs = `require('net').connect('/run/calico-agent/guard.sock').resume()`;
    await sh(`timeout 30 /usr/lib/calico-agent/node -e "${hangs}"`);
    await until('! systemctl --quiet is-active "calico-agent-guard@*.service"');
    expect(await askHelper({ action: 'find-obstacle' })).to.deep.equal({ answer: 'done' });
  });

  it('have no helper lock that a user can hold, and serve two requests at a time', async () => {
    const files = '/usr/lib/calico-agent/dist/*.js /run/calico-agent-guard';
    const hold = `for file in ${files}; do flock $file sleep 20 & done`;
    await sh(`systemd-run --quiet --collect --unit=holds --uid=nobody sh -c '${hold}; wait'`);
    try {
      const requests = [{ action: 'begin', seconds: 300 }, { action: 'find-obstacle' }];
      const [begun, found] = await Promise.all(requests.map(askHelper));
      expect(begun).to.have.property('answer', 'on');
      expect(found).to.deep.equal({ answer: 'done' });
      expect(await askHelper({ action: 'end' })).to.deep.equal({ answer: 'done' });
    } finally {
      await sh('systemctl stop holds.service');
    }
  });

  const isGone = (): Promise<string> => until('! ip -N rule show | grep -q "proto 203"');

  it('remove at the deadline the routes of a helper that was killed together with the daemon', async () => {
    // Once the first rule is set, it does not return from a change.
    const slow = [
      '#!/bin/sh',
      '/usr/sbin/ip "$@"; code=$?',
      'case $* in *-batch*) ! /usr/sbin/ip -N rule show | grep -q "proto 203" || sleep 30;; esac',
      'exit $code',
    ].join('\n');
    await writeFile(path.join(shared, 'ip'), `${slow}\n`, { mode: 0o755 });
    await sh('cp /shared/ip /usr/local/sbin/ip');
    try {
      const asked = askHelper({ action: 'begin', seconds: 30 });
      await until('/usr/sbin/ip -N rule show | grep -q "proto 203"');
      const pid = await show('MainPID');
      const units = '"calico-agent-guard@*.service"';
      await sh(`kill -9 ${pid}; systemctl kill --signal=KILL ${units}`);
      expect(await asked).to.equal(null);
      await newProcess(pid);
      await until(`! systemctl --quiet is-active ${units}`);
      expect((await standing()).join()).to.contain('proto 203');
      expect(await guardTimers()).to.contain('calico-agent-guard-');
    } finally {
      await sh('rm /usr/local/sbin/ip');
    }
    await isGone();
    expect(await standing()).to.deep.equal([]);
  });

  it('remove guard routes at their deadline when the package is upgraded meanwhile', async () => {
    expect(await askHelper({ action: 'begin', seconds: 40 })).to.have.property('answer', 'on');
    await sh('dpkg --install /shared/calico-agent_0.1.0_*.deb');
    expect((await standing()).join()).to.contain('lookup 4711');
    expect((await guardTimers()).trim().split('\n')).to.have.length(1);
    await isGone();
    expect(await standing()).to.deep.equal([]);
    expect(await show('ActiveState')).to.equal('active');
  });

  it('remove guard routes at their deadline when the daemon is gone, and at a removal', async () => {
    const begin = async (seconds: number): Promise<void> => {
      const deadline = Number((await sh('cut -d . -f 1 /proc/uptime')).trim()) + seconds;
      const marks = 'protocol 203';
      await sh(
        `ip route add throw 255.255.255.255 table 4711 metric ${String(deadline)} ${marks}; ` +
          `ip route add 192.168.77.0/26 via 10.77.0.2 dev guarded onlink table 4711 ${marks}; ` +
          `ip rule add priority 32764 lookup main suppress_prefixlength 0 ${marks}; ` +
          `ip rule add priority 32765 lookup 4711 ${marks}`,
      );
    };
    // With the files driver the daemon has nothing to guard, and leaves it alone.
    await begin(4);
    const pid = await show('MainPID');
    await sh(`kill -9 ${pid}`);
    await until('systemctl list-timers --all | grep -q calico-agent-guard');
    expect((await standing()).join()).to.contain('lookup 4711');
    await isGone();
    expect(await standing()).to.deep.equal([]);
    await newProcess(pid);
    // Inside of its sandbox, where no change is open any more.
    await sh('cp /etc/calico-agent/agent.yaml /root/agent.yaml');
    await sh(`printf '${etcdSettings}' > /etc/calico-agent/agent.yaml`);
    await begin(-1);
    await sh('systemctl restart calico-agent.service');
    await isGone();
    expect(await standing()).to.deep.equal([]);
    expect(await status()).not.to.have.property('guard');
    await sh('cp /root/agent.yaml /etc/calico-agent/; systemctl restart calico-agent.service');
    await begin(300);
  });

  it('start the controller once there is a token', async () => {
    expect(await sh('systemctl is-active calico-controller || :')).to.equal('inactive\n');
    await sh('(umask 027; head -c 32 /dev/urandom | base64 -w 0 > /etc/calico-controller/token)');
    await sh(
      'chgrp calico-controller /etc/calico-controller/token; systemctl start calico-controller',
    );
    expect(await sh('calico-controller status')).to.contain('7843');
    const warnings = 'journalctl --no-pager --output cat -p warning -u calico-controller.service';
    const ofToken = (await sh(warnings)).split('\n').filter((line) => line.includes('token'));
    expect(ofToken).to.have.length(1);
    expect(ofToken[0]).to.contain('agents may present the shared token');
    // A file that it cannot read must not be made anew, because all agents have its content.
    await sh('chmod 600 /etc/calico-controller/token; systemctl restart calico-controller || :');
    const log = 'journalctl --no-pager --output cat -u calico-controller.service';
    await until(`${log} | grep -q "permission denied"`);
    expect(await sh(log))
      .to.contain('chgrp calico-controller /etc/calico-controller/token')
      .and.to.not.contain('urandom');
    await sh('chmod 640 /etc/calico-controller/token; systemctl restart calico-controller');
    expect(await sh('systemctl show --value -p StatusText calico-controller')).to.contain('7843');
  });

  it('leave the network as it is when they are removed, and nothing when they are purged', async () => {
    await sh('dpkg --remove calico-agent calico-controller');
    expect(await sh('ip -N rule show')).to.not.contain('proto 203');
    expect(await sh('ls /var/lib/calico-agent/resources')).to.contain('30-bgppeer');
    await sh('dpkg --purge calico-agent calico-controller');
    const skipped = ['/proc', '/sys', '/shared', '/var/log']
      .map((dir) => `-path ${dir}`)
      .join(' -o ');
    expect(
      await sh(
        `find / \\( ${skipped} \\) -prune -o \\( -name '*calico-*' -o -name '*lxd-host*' \\) -print`,
      ),
    ).to.equal('');
    expect(await sh('getent group calico-agent calico-controller || :')).to.equal('');
    expect(await sh('systemctl list-units --all --no-legend "calico*"')).to.equal('');
  });
});
