/**
 * The packages under attack, with the limits, the sandbox and the watchdog of their units: the
 * daemons answer root, survive, and keep the revision in force.
 */
import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../../support/eventually.ts';
import { attackedUnit, bundleAttacks, type Attack, type AttackedUnit } from './attacked-unit.ts';
import { startContainer, type SystemdContainer } from './container.ts';
import { canStartContainer } from './missing-programs.ts';

const run = promisify(execFile);
const statusSocket = '/run/calico-agent/status.sock';
const agentSocket = '/run/calico-agent/agent.sock';
const state = '/var/lib/calico-agent';
/** The revision in force, as the files for Calico. */
const written = `cd ${state}/resources && sha256sum *`;
const config = 'global-as-number: 65001\nnode-to-node-mesh: true\n';
const settings = 'apiVersion: calico-agent/v1\nkind: AgentConfig\nnode: {name: node-0}\n';
/** MemoryMax of the units, in MB. */
const agentMegabytes = 256;
const controllerMegabytes = 1024;

/** Sends a helper a request that it does not know, and prints its answer, or why there is none. */
const askHelper = `
const socket = require('node:net').connect(process.argv[2]);
let text = '';
socket.on('data', (chunk) => { text += chunk; });
socket.on('error', ({ code }) => { text = code + '\\n'; });
socket.on('close', () => process.stdout.write(text));
socket.write('{}\\n');
`;

describe('the packages under attack, as their units confine them', function () {
  this.timeout(150_000);
  let shared = '';
  let container: SystemdContainer | undefined;
  let agent: AttackedUnit;
  let controller: AttackedUnit;
  /**
   * Root gets an answer within a second, and later only when other work had the processors before.
   */
  let answerMs = 1000;

  before(async function () {
    this.timeout(600_000);
    if (!(await canStartContainer())) return this.skip();
    const [, workBefore = 0] = loadavg();
    answerMs *= Math.max(1, workBefore / availableParallelism());
    shared = await mkdtemp(path.join(tmpdir(), 'calico-agent-shared-'));
    // Users of the container run programs of it.
    await chmod(shared, 0o755);
    const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
    const options = ['--fast', '--arch', architecture, '--version', '0.1.0', '--out', shared];
    await run(process.execPath, ['--import', 'tsx', 'build/package.ts', ...options]);
    await bundleAttacks(shared);
    container = await startContainer(shared);
    agent = attackedUnit(container, 'calico-agent', { socket: agentSocket, programs: '/shared' });
    controller = attackedUnit(container, 'calico-controller', {
      socket: '/run/calico-controller/controller.sock',
      programs: '/shared',
    });
    await sh('dpkg --install /shared/calico-agent_*.deb /shared/calico-controller_*.deb');
    await writeFile(path.join(shared, 'config.yaml'), config);
    await writeFile(path.join(shared, 'ask.cjs'), askHelper, { mode: 0o644 });
    await sh(`printf '${settings.replaceAll('\n', '\\n')}' > /etc/calico-agent/agent.yaml`);
    await sh('systemctl restart calico-agent');
    await inForce();
  });
  after(async function () {
    this.timeout(180_000);
    await container?.remove();
    if (shared !== '') await rm(shared, { recursive: true });
  });

  const sh = (line: string): Promise<string> => {
    if (container === undefined) throw new Error('there is no container');
    return container.sh(line);
  };
  const inForce = async (): Promise<void> => {
    await sh('calico-agent apply --wait 30 /shared/config.yaml');
  };
  const status = async (): Promise<{
    readonly state: string;
    readonly message: string;
    readonly revisions: unknown;
    readonly storage?: unknown;
  }> => JSON.parse(await sh('timeout 5 calico-agent status -o json || :'));
  /** The files that the agent wrote for Calico, and the revision that it reports as in force. */
  const kept = async (): Promise<unknown> => {
    const [sums, revisions] = [
      written,
      'calico-agent status -o yaml | sed -n /^revisions:/,/^[a-z]*:/p',
    ];
    return sh(`${sums}; ${revisions}`);
  };

  interface Case {
    readonly what: string;
    readonly attack: Attack;
    /** The attack's traces in the log: one line a minute of its kind. */
    readonly line?: RegExp;
  }
  const nobody = (name: string, ...parameters: readonly unknown[]): Attack => ({
    name,
    parameters: [statusSocket, ...parameters],
    user: 'nobody',
    forMs: 1500,
  });
  const root = (name: string, ...parameters: readonly unknown[]): Attack => ({
    name,
    parameters: [agentSocket, ...parameters],
    user: 'root',
    forMs: 200,
  });
  const tooMany = /too many connections/;
  const cases: readonly Case[] = [
    {
      what: 'a user sends requests without end and reads no answer',
      attack: nobody('pipeline', '/v1/status', 500_000),
      line: /requests without reading the answers/,
    },
    {
      what: 'a user begins 300 bodies and ends none',
      attack: nobody('bodiesThatNeverEnd', '/v1/check', { count: 300, bytes: 1_000_000 }),
      line: tooMany,
    },
    {
      what: 'a user asks 300 times for the history at once',
      attack: nobody('askWithoutReading', '/v1/revisions', 300),
      line: tooMany,
    },
    {
      what: 'a user asks 1,000 times and leaves before the answer',
      attack: nobody('askAndLeave', '/v1/config', 1000),
    },
    {
      what: 'a user opens 1,000 connections and says nothing',
      attack: nobody('idleConnections', 1000),
      line: tooMany,
    },
    {
      what: 'a user sends 30 heads that never end',
      attack: { ...nobody('slowHeads', 30), forMs: 5000 },
      line: /a request that does not end/,
    },
    {
      what: 'a user connects without end',
      attack: nobody('connectWithoutEnd', 200),
      line: tooMany,
    },
    {
      what: 'a user follows the events 300 times, and reads nothing',
      attack: nobody('askWithoutReading', '/v1/events?after=0&wait=60', 300),
      line: tooMany,
    },
    {
      what: 'a user asks for the events 1,000 times, and leaves',
      attack: nobody('askAndLeave', '/v1/events?after=0&wait=60', 1000),
    },
    {
      what: 'a user requests to confirm a change, again and again',
      attack: nobody('changeWithoutRights', '/v1/confirm', 100),
      line: tooMany,
    },
    {
      what: 'a user requests to roll a change back, again and again',
      attack: nobody('changeWithoutRights', '/v1/rollback', 100),
      line: tooMany,
    },
    {
      what: 'root checks and plans 14,000 peers in parallel',
      attack: root('sendManyPeers', { peers: 14_000, atOnce: 4 }),
    },
    {
      what: 'root checks and plans 25,000 peers in parallel',
      attack: root('sendManyPeers', { peers: 25_000, atOnce: 2 }),
    },
  ];
  for (const { what, attack, line } of cases) {
    it(`answer root at once, stay within their memory and lose nothing: ${what}`, async () => {
      const [before, life] = [await kept(), await agent.life()];
      const survived = await agent.survive(attack);
      expect(survived.slowestMs, 'ms for the slowest status').to.be.below(answerMs);
      expect(survived.peakMegabytes, 'MB at most').to.be.below(agentMegabytes);
      expect(await agent.life()).to.equal(life);
      expect(await kept()).to.deep.equal(before);
      expect(survived.lines, 'lines of the log').to.have.length.below(10);
      if (line === undefined) return;
      const told = (await agent.log()).filter((logged) => line.test(logged));
      expect(told, 'one line a minute').to.have.length.within(1, 3);
    });
  }

  for (const helper of ['guard', 'host']) {
    const socket = `/run/calico-agent/${helper}.sock`;
    const ask = `/usr/lib/calico-agent/node /shared/ask.cjs ${socket}`;
    const answer = '{"answer":"failed","why":"this is not a request that the helper knows"}';

    it(`let nobody but root talk to a helper: ${helper}.sock`, async () => {
      expect(await sh(`runuser -u nobody -- ${ask}`)).to.equal('EACCES\n');
      const member = `setpriv --reuid=65534 --regid=65534 --groups=$(getent group calico-agent | cut -d: -f3)`;
      expect(await sh(`${member} ${ask}`)).to.equal('EACCES\n');
      expect(await sh(ask)).to.equal(`${answer}\n`);
    });

    it(`keep a helper, and answer root, while its socket is flooded: ${helper}.sock`, async () => {
      const [before, life] = [await kept(), await agent.life()];
      for (const name of ['idleConnections', 'connectWithoutEnd']) {
        const attack: Attack = { name, parameters: [socket, 100], user: 'root', forMs: 1500 };
        const survived = await agent.survive(attack);
        expect(survived.slowestMs, 'ms for the slowest status').to.be.below(answerMs);
        expect(survived.peakMegabytes, 'MB at most').to.be.below(agentMegabytes);
      }
      await eventually(async () => expect(await sh(ask)).to.equal(`${answer}\n`), 60_000);
      const unit = `calico-agent-${helper}.socket`;
      expect(await sh(`systemctl is-active ${unit} || :`)).to.equal('active\n');
      expect(await agent.life()).to.equal(life);
      expect(await kept()).to.deep.equal(before);
    });
  }

  it('answer root at once and survive: root sends every kind of hostile text', async () => {
    const life = await agent.life();
    const attack = root('sendHostileTexts', { bytes: 48 * 1024, atOnce: 4 });
    const { slowestMs, peakMegabytes, lines } = await agent.survive(attack);
    expect(slowestMs, 'ms for the slowest status').to.be.below(answerMs);
    expect(peakMegabytes, 'MB at most').to.be.below(agentMegabytes);
    expect(await agent.life()).to.equal(life);
    expect(lines, 'lines of the log').to.have.length.below(100);
    await inForce();
  });

  const findDecider = "grep -la 'agent-decide[r]' /proc/[0-9]*/cmdline | tr -dc '0-9\n'";
  /**
   * The process in which the agent decides. It stays for some seconds; its decisions are
   * remembered.
   */
  const decider = async (asNumber: number): Promise<string> => {
    await sh(`printf 'global-as-number: ${String(asNumber)}\n' | calico-agent plan -`);
    return (await sh(findDecider)).trim();
  };

  it('decide within the sandbox of the unit, in a process that the kernel ends first', async () => {
    const pid = await decider(64600);
    const show = (file: string): Promise<string> => sh(`cat /proc/${pid}/${file}`);
    expect(await show('status'))
      .to.match(/^Seccomp:\s+2$/m)
      .and.to.match(/^NoNewPrivs:\s+1$/m)
      .and.to.match(/^CapEff:\s+0+$/m);
    expect(await show('oom_score_adj')).to.equal('1000\n');
    expect(await show('cgroup')).to.contain('calico-agent.service');
    const namespace = await sh(`readlink /proc/${pid}/ns/user`);
    expect(namespace).to.not.equal(await sh('readlink /proc/1/ns/user'));
    expect(await sh(`tr '\\0' '\\n' < /proc/${pid}/environ`)).to.equal('');
  });

  it('have no capability, and no user namespace in which they could have one', async () => {
    const main = (await sh('systemctl show --value -p MainPID calico-agent')).trim();
    for (const pid of [main, await decider(64603)]) {
      const shown = await sh(`cat /proc/${pid}/status`);
      for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) {
        expect(shown, `${set} of process ${pid}`).to.match(new RegExp(`^${set}:\\s+0+$`, 'm'));
      }
      const namespace = await sh(`readlink /proc/${pid}/ns/user`);
      expect(namespace).to.not.equal(await sh('readlink /proc/1/ns/user'));
    }
    // Within the sandbox of the unit, whose filter all its processes have.
    await sh('unshare --user true');
    const dropIn = '/run/systemd/system/calico-agent.service.d';
    const tries = 'sh -c "unshare --user true 2>&1 || :"';
    await sh(`mkdir -p ${dropIn}; printf '[Service]\nExecStartPre=${tries}\n' > ${dropIn}/t.conf`);
    try {
      await sh('systemctl daemon-reload; systemctl restart calico-agent.service');
      await eventually(async () =>
        expect((await agent.log()).join('\n')).to.contain(
          'unshare failed: Operation not permitted',
        ),
      );
    } finally {
      await sh(`rm -r ${dropIn}; systemctl daemon-reload; systemctl restart calico-agent.service`);
      await inForce();
    }
  });

  it('survive when memory runs out and the kernel ends the deciding process', async () => {
    const [before, life] = [await kept(), await agent.life()];
    const group = (await sh('systemctl show --value -p ControlGroup calico-agent')).trim();
    // Version 2 of control groups, and version 1.
    const groups = [`/sys/fs/cgroup${group}`, `/sys/fs/cgroup/memory${group}`];
    const kills = async (): Promise<number> => {
      const files = groups.flatMap((one) => [`${one}/memory.events`, `${one}/memory.oom_control`]);
      return Number(await sh(`cat ${files.join(' ')} 2>/dev/null | sed -n 's/^oom_kill //p'`));
    };
    const killsBefore = await kills();
    const fate = await deciderWithoutMemory(groups);
    expect(fate).to.match(/^\d+ killed$/);
    expect(await kills()).to.be.greaterThan(killsBefore);
    expect(await agent.life()).to.equal(life);
    expect(await sh('systemctl show --value -p Result calico-agent')).to.equal('success\n');
    const next = await decider(64602);
    expect(next).to.match(/^\d+$/).and.to.not.equal(fate.split(' ')[0]);
    expect(await kept()).to.deep.equal(before);
  });

  /**
   * The process that decides, and whether it was killed, while another one grows in its control groups
   * until there is no memory. The other one may die too, and not by the kernel alone: what the first one
   * had comes back some milliseconds after its death, and until then nobody gets any. Questions without
   * end keep the first one from ending because nobody needs it.
   */
  const deciderWithoutMemory = async (groups: readonly string[]): Promise<string> => {
    const enter = `for d in ${groups.join(' ')}; do [ ! -d $d ] || echo $$ > $d/cgroup.procs; done`;
    const grow =
      'for (1 .. 100) { $x .= "x" x 5_000_000; select undef, undef, undef, 0.01 } sleep 60';
    const ask = `const ask = (n) => {
        const options = { socketPath: '${agentSocket}', path: '/v1/plan', method: 'POST' };
        const request = require('http').request(options, (answer) => answer.resume());
        request.on('error', () => undefined).on('close', () => setTimeout(ask, 200, n + 1));
        request.setHeader('content-type', 'application/yaml').end('global-as-number: ' + n + '\\n');
      }; ask(64700)`;
    await writeFile(path.join(shared, 'ask.cjs'), ask);
    // The second field of stat is the name in parentheses; Z is a process that its parent has not
    // waited for.
    const fate = await sh(`
      /usr/lib/calico-agent/node /shared/ask.cjs & asks=$!
      until pid=$(${findDecider}) && [ "$(echo $pid | wc -w)" = 1 ]; do sleep 0.02; done
      sh -c '${enter}; exec perl -e "$0"' '${grow}' 2>/dev/null & grows=$!
      lives() { grep -qs ') [^ZX] ' /proc/$1/stat; }
      while lives $pid && lives $grows; do sleep 0.02; done
      i=0; while lives $pid && [ $i -lt 500 ]; do i=$((i + 1)); sleep 0.02; done
      if lives $pid; then echo $pid lives; else echo $pid killed; fi
      kill -9 $asks $grows 2>/dev/null; wait 2>/dev/null || :`);
    return fate.trim();
  };

  const damages: readonly [what: string, damage: string, says: RegExp][] = [
    [
      'its state becomes a link to a device',
      `ln -sf /dev/zero ${state}/state.json`,
      /state\.json (is missing|was damaged)/,
    ],
    [
      'a digit of its revisions is flipped',
      `sed -i s/65001/65009/ ${state}/revisions/*`,
      /is damaged/,
    ],
    ['its revisions are gone', `rm -r ${state}/revisions`, /is (damaged|missing)/],
  ];
  for (const [what, damage, says] of damages) {
    it(`keep the revision in force, report the fault, and recover when it is sent again: ${what}`, async () => {
      const before = await sh(written);
      const life = await agent.life();
      await sh(damage);
      // Nothing happens while it runs, and the next start reports it.
      expect(await status()).to.have.property('state');
      expect(await agent.life()).to.equal(life);
      await sh('systemctl restart calico-agent');
      await eventually(async () => expect(JSON.stringify(await status())).to.match(says));
      expect(await sh(written)).to.equal(before);
      expect(await sh('systemctl show --value -p NRestarts calico-agent')).to.equal('0\n');
      await inForce();
      expect(await status()).to.have.property('state', 'in-force');
    });
  }

  it('start on a full disk, report it, and go on when there is room', async () => {
    await sh('systemctl stop calico-agent.service');
    await sh(`cp -a ${state} /root/copy; mount -t tmpfs -o size=1m,mode=0700 tmpfs ${state}`);
    await sh(`cp -a /root/copy/. ${state}; dd if=/dev/zero of=${state}/filler 2>/dev/null || :`);
    try {
      await sh('systemctl start calico-agent.service');
      await eventually(async () => expect((await status()).message).to.contain('full'));
      expect(await sh('calico-agent apply /shared/config.yaml 2>&1 || :')).to.contain('full');
      const life = await agent.life();
      await sh(`rm ${state}/filler`);
      await inForce();
      expect(await agent.life()).to.equal(life);
      const told = (await agent.log()).filter((line) => line.includes('cannot begin to work'));
      expect(told).to.have.length(1);
    } finally {
      await sh(`systemctl stop calico-agent; umount ${state}; systemctl start calico-agent`);
    }
  });

  describe('by their controller', () => {
    after(async () => {
      await sh(`printf '${settings.replaceAll('\n', '\\n')}' > /etc/calico-agent/agent.yaml`);
      await sh('systemctl restart calico-agent');
    });
    for (const name of ['floodConfigs', 'pingStorm', 'endlessMessage', 'absurdNumbers']) {
      it(`answer root at once and keep the revision in force: ${name}`, async () => {
        const before = await sh(written);
        const url = await agent.begin({ name, parameters: [], user: 'nobody', forMs: 0 });
        try {
          const link = `controller: {url: ${url}, tokenFile: /etc/calico-agent/token}`;
          await sh('(umask 077; echo a-token-for-tests-only > /etc/calico-agent/token)');
          const text = `${settings}${link}\n`.replaceAll('\n', '\\n');
          await sh(`printf '${text}' > /etc/calico-agent/agent.yaml`);
          // The attack is measured, and not its start.
          await sh('systemctl restart calico-agent; calico-agent status');
          const { slowestMs, peakMegabytes, lines } = await agent.watch(4000);
          expect(slowestMs, 'ms for the slowest status').to.be.below(answerMs);
          expect(peakMegabytes, 'MB at most').to.be.below(agentMegabytes);
          expect(await sh('systemctl show --value -p NRestarts calico-agent')).to.equal('0\n');
          expect(lines, 'lines of the log').to.have.length.below(60);
          expect(await sh(written)).to.equal(before);
        } finally {
          await agent.end();
        }
      });
    }
  });

  describe('by agents and strangers', () => {
    const token = 'a-token-for-tests-only';
    const door = { url: 'ws://127.0.0.1:7843', token, cluster: 'default' };
    before(async () => {
      await sh(`(umask 027; printf ${token} > /etc/calico-controller/token)`);
      await sh('chgrp calico-controller /etc/calico-controller/token');
    });
    // Otherwise it knows the names of earlier attacks, and has logged enough about them for a
    // minute.
    beforeEach(async () => {
      const forget = 'rm -rf /var/lib/calico-controller/*';
      await sh(`systemctl stop calico-controller; ${forget}; systemctl start calico-controller`);
    });

    const ofAgents: readonly [
      what: string,
      name: string,
      count: number,
      forMs: number,
      line?: RegExp,
    ][] = [
      ['2,000 invented names', 'inventNames', 2000, 1000, /too many nodes from this address/],
      ['messages 4,000 levels deep', 'deepMessages', 20, 1000, /deep/],
      ['floods of messages', 'floodMessages', 8, 8000, /it sends too much/],
      ['agents that ask and do not read', 'deafAgents', 100, 2000],
      ['strangers without the token', 'strangers', 2500, 1000],
    ];
    for (const [what, name, count, forMs, line] of ofAgents) {
      it(`answer root at once, within the memory of the controller: ${what}`, async () => {
        const life = await controller.life();
        const attack: Attack = { name, parameters: [door, count], user: 'nobody', forMs };
        const { slowestMs, peakMegabytes, lines } = await controller.survive(attack);
        expect(slowestMs, 'ms for the slowest status').to.be.below(answerMs);
        expect(peakMegabytes, 'MB at most').to.be.below(controllerMegabytes);
        expect(await controller.life()).to.equal(life);
        expect(lines, 'lines of the log').to.have.length.below(150);
        if (line !== undefined) expect(lines.join('\n')).to.match(line);
      });
    }
  });
});
