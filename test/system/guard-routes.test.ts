/** Guard routes in real kernels, with real BIRDs that withdraw their routes. */
import { expect } from 'chai';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { createGuardRoutes } from '../../agent/adapters/guard-routes/guard-routes.ts';
import { createIpProgram } from '../../agent/adapters/guard-routes/ip-program.ts';
import { createBootSeconds } from '../../agent/adapters/system-clock/boot-seconds.ts';
import type { GuardRoutes } from '../../agent/ports/guard-routes.ts';
import { usualGuard, type GuardSettings } from '../../core/guard/guard-settings.ts';
import { eventually } from '../support/eventually.ts';
import { lacks } from '../support/skips/needs.cjs';

const run = promisify(execFile);

/** The answer of test/lab/network/pings.child.js: ticks, and the received ones of each address. */
interface PingReport {
  readonly sent: readonly number[];
  readonly received: Readonly<Record<string, readonly number[]>>;
}

/** Between two packets of a pod. */
const intervalMs = 50;

type Family = 4 | 6;
const numbers = [1, 2] as const;
const node = { 4: '10.22.0.', 6: 'fd22::' } as const;
const pod = (family: Family, number: number): string =>
  family === 4 ? `192.168.${number}.1` : `fd00:${number}::1`;
const block = (family: Family, number: number): string =>
  family === 4 ? `192.168.${number}.0/26` : `fd00:${number}::/122`;

/** The lines of Calico's templates about routes. */
function birdConfig(family: Family, own: number, hasPeer: boolean): string {
  const other = 3 - own;
  const peer = `protocol bgp Mesh { local as 64512; neighbor ${node[family]}${other} as 64512;
    multihop; gateway recursive; import all; export all; source address ${node[family]}${own};
    connect delay time 1; connect retry time 1; error wait time 1,2; }`;
  return `
    router id 10.22.0.${own};
    protocol kernel { learn; persist; scan time 2; import all; export all; }
    protocol device { scan time 2; }
    protocol direct { interface "eth0"; }
    protocol static { route ${block(family, own)} blackhole; }
    ${hasPeer ? peer : ''}`;
}

describe('guard routes beside real BIRDs', function () {
  this.timeout(300_000);
  const names = numbers.map((number) => `guard-${String(number)}-${String(process.pid)}`);
  const [first = '', second = ''] = names;
  let folder = '';
  const birds: ChildProcess[] = [];

  const ip = (namespace: string, ...args: readonly string[]): Promise<{ stdout: string }> =>
    run('ip', ['-n', namespace, ...args]);
  const guardOf = (namespace: string, settings: GuardSettings = usualGuard): GuardRoutes =>
    createGuardRoutes({
      program: createIpProgram(['-n', namespace]),
      settings: () => settings,
      uptime: createBootSeconds(),
    });
  const configFile = (family: Family, number: number): string =>
    path.join(folder, `bird${family}-${number}.cfg`);
  const end = async (bird: ChildProcess): Promise<void> => {
    if (bird.exitCode !== null || bird.signalCode !== null) return;
    const ended = once(bird, 'exit');
    bird.kill('SIGKILL');
    await ended;
  };

  before(async function () {
    const hasBird = await run('bird', ['--version']).then(
      ({ stderr }) => stderr.includes('version 1.6.'),
      () => false,
    );
    if (!hasBird) {
      lacks('BIRD 1.6', 'bird');
      this.skip();
    }
    const hasNamespaces = await run('ip', ['netns', 'add', first]).then(
      () => true,
      () => false,
    );
    if (!hasNamespaces) {
      lacks('root, and ip netns', 'iproute2');
      this.skip();
    }
    await run('ip', ['netns', 'add', second]);
    await ip(first, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', second);
    for (const [index, name] of names.entries()) {
      const number = index + 1;
      for (const device of ['lo', 'eth0']) await ip(name, 'link', 'set', device, 'up');
      await ip(name, 'address', 'add', `${node[4]}${number}/24`, 'dev', 'eth0');
      await ip(name, 'address', 'add', `${node[6]}${number}/64`, 'dev', 'eth0', 'nodad');
      await ip(name, 'address', 'add', pod(4, number), 'dev', 'lo');
      await ip(name, 'address', 'add', pod(6, number), 'dev', 'lo', 'nodad');
    }
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-guard-'));
  });
  beforeEach(async () => {
    for (const family of [4, 6] as const) {
      for (const [index, name] of names.entries()) {
        const config = configFile(family, index + 1);
        await writeFile(config, birdConfig(family, index + 1, true));
        const socket = config.replace('.cfg', '.ctl');
        const program = family === 4 ? 'bird' : 'bird6';
        const command = ['netns', 'exec', name, program, '-f', '-c', config, '-s', socket];
        birds.push(spawn('ip', command, { stdio: 'ignore' }));
      }
    }
    await eventually(async () => expect(await birdRoutes()).to.deep.equal([1, 1, 1, 1]), 60_000);
  });
  afterEach(async () => {
    for (const bird of birds.splice(0)) await end(bird);
    for (const name of names) {
      await guardOf(name).end();
      for (const family of ['-4', '-6']) await ip(name, family, 'route', 'flush', 'proto', '12');
    }
  });
  after(async () => {
    for (const name of names) await run('ip', ['netns', 'del', name]).catch(() => undefined);
    if (folder !== '') await rm(folder, { recursive: true });
  });

  /** The number of BIRD's routes to the other node's pods: IPv4 and IPv6 of each node. */
  const birdRoutes = async (): Promise<readonly number[]> => {
    const listed = names.flatMap((name) =>
      ['-4', '-6'].map(async (family) => {
        const { stdout } = await ip(name, family, 'route', 'show', 'proto', '12');
        return stdout.split('\n').filter((line) => line.includes(' via ')).length;
      }),
    );
    return Promise.all(listed);
  };
  /** As confd does when the mesh is turned off or on: BIRD gets another file. */
  const reconfigure = async (hasPeer: boolean): Promise<void> => {
    for (const family of [4, 6] as const) {
      for (const number of numbers) {
        await writeFile(configFile(family, number), birdConfig(family, number, hasPeer));
      }
    }
    for (const bird of birds) bird.kill('SIGHUP');
  };
  /** Packets of both pods to each other, in both families, and the number of lost ones. */
  const lostWhile = async (work: () => Promise<void>): Promise<number> => {
    const pods = numbers.map((number) => [pod(4, number), pod(6, number)]);
    const pings = names.map((name, index) => {
      const words = { own: pods[index], others: pods[1 - index], intervalMs };
      const program = [process.execPath, path.resolve('test/lab/network/pings.child.js')];
      const command = ['netns', 'exec', name, ...program, JSON.stringify(words)];
      return spawn('ip', command, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    });
    await Promise.all(pings.map((ping) => once(ping, 'message')));
    // Both are ready: from now on each packet has a receiver.
    const from = Math.ceil(Date.now() / intervalMs) + 1;
    await work();
    const to = Math.floor(Date.now() / intervalMs);
    // The last ones are on their way, or their receivers wait for a processor.
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const reports = await Promise.all(
      pings.map(async (ping) => {
        const answered = once(ping, 'message');
        ping.send({ from, to });
        const [report]: PingReport[] = await answered;
        const ended = once(ping, 'exit');
        ping.disconnect();
        await ended;
        if (report === undefined) throw new Error('a pod did not answer');
        return report;
      }),
    );
    const lost = reports.flatMap(({ received }, index) => {
      const sent = reports[1 - index]?.sent ?? [];
      expect(sent.length).to.be.greaterThan(20);
      return Object.values(received).map((ticks) => sent.length - new Set(ticks).size);
    });
    return lost.reduce((sum, count) => sum + count, 0);
  };
  /** The speed of BIRD on this machine does not matter: the sessions stay away for 40 packets. */
  const loseSessions = async (): Promise<void> => {
    await reconfigure(false);
    await eventually(async () => expect(await birdRoutes()).to.deep.equal([0, 0, 0, 0]), 60_000);
    await new Promise((resolve) => setTimeout(resolve, 40 * intervalMs));
    await reconfigure(true);
    await eventually(async () => expect(await birdRoutes()).to.deep.equal([1, 1, 1, 1]), 60_000);
  };
  const everything = async (name: string): Promise<string> => {
    const shown = ['-4', '-6'].flatMap((family) => [
      ip(name, family, 'rule', 'show'),
      ip(name, family, 'route', 'show', 'table', 'all', 'proto', '203'),
    ]);
    return (await Promise.all(shown)).map(({ stdout }) => stdout).join('');
  };

  it('keep pods within reach while BIRD has no routes; without them pings are lost', async () => {
    expect(await lostWhile(loseSessions)).to.be.greaterThan(20);
    const before = await Promise.all(names.map(everything));
    for (const name of names) {
      expect(await guardOf(name).begin(60)).to.deep.equal({ guard: 'on', routes: 2, uncopied: 0 });
    }
    expect(await lostWhile(loseSessions)).to.equal(0);
    const taken = lostWhile(async () => {
      for (const name of names) await guardOf(name).end();
      await new Promise((resolve) => setTimeout(resolve, 1500));
    });
    expect(await taken).to.equal(0);
    expect(await Promise.all(names.map(everything))).to.deep.equal(before);
  });

  it('name the destinations that only they reach, and are not copied anew from a BIRD without routes', async () => {
    const guard = guardOf(first);
    await guard.begin(60);
    await reconfigure(false);
    await eventually(async () => {
      const state = await guard.state();
      expect(state.state === 'on' && state.carrying).to.have.members([block(4, 2), block(6, 2)]);
    }, 60_000);
    expect(await guard.begin(60)).to.deep.equal({ guard: 'on', routes: 2, uncopied: 0 });
    await guard.leaveOut([block(4, 2)]);
    const state = await guard.state();
    expect(state.state === 'on' && state.carrying).to.deep.equal([block(6, 2)]);
  });

  it('are possible in a kernel that never had any', async () => {
    const fresh = `${first}-fresh`;
    await run('ip', ['netns', 'add', fresh]);
    try {
      expect(await guardOf(fresh).obstacle()).to.equal(undefined);
    } finally {
      await run('ip', ['netns', 'del', fresh]);
    }
  });

  it('never touch a table and a priority of another program', async () => {
    await ip(first, 'route', 'add', '10.99.0.0/16', 'dev', 'lo', 'table', '4711');
    await ip(first, 'rule', 'add', 'from', '10.98.0.0/16', 'lookup', '99', 'priority', '500');
    const before = await everything(first);
    const table = await guardOf(first).begin(60);
    expect(table.guard === 'never' && table.why).to.contain('routing table 4711');
    const priority = await guardOf(first, { table: 4712, priority: 499 }).begin(60);
    expect(priority.guard === 'never' && priority.why).to.contain('priority 500');
    await guardOf(first).end();
    expect(await everything(first)).to.equal(before);
    await ip(first, 'route', 'flush', 'table', '4711');
    await ip(first, 'rule', 'del', 'priority', '500');
  });

  it('are removed by the program of last resort, at their deadline or at once', async () => {
    const clear = (...args: readonly string[]): Promise<unknown> =>
      run('ip', ['netns', 'exec', first, path.resolve('systemd/clear-guard-routes'), ...args]);
    const before = await everything(first);
    await clear();
    await guardOf(first).begin(60);
    await clear();
    expect(await everything(first)).to.equal(before);
    await guardOf(first).begin(0);
    await clear('--expired');
    expect(await everything(first)).to.equal(before);
  });
});
