/** The commands as a person runs them: real processes against a controller in this process. */
import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { eventually } from '../../support/eventually.ts';
import { MemoryAgent } from '../../support/twins/memory-agent.ts';
import { configWith, Lab } from '../running.ts';

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

async function run(args: readonly string[], input = ''): Promise<Ended> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'controller/main.ts', ...args]);
  child.stdin.end(input);
  const ended = once(child, 'close');
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await ended;
  return { status: child.exitCode, out, err };
}

describe('calico-controller', function () {
  this.timeout(180_000);
  let lab: Lab;
  before(async () => {
    lab = await Lab.make();
    await lab.start();
    lab.connect(new MemoryAgent({ name: 'node-0' }));
    await eventually(async () => expect((await lab.status()).connected).to.equal(1));
  });
  after(async () => {
    await lab.close();
  });
  const client = (...args: string[]): string[] => [...args, '--socket', lab.socket];

  it('prints its version and its help', async () => {
    expect(await run(['--version'])).to.deep.include({ status: 0, err: '' });
    const help = await run(['push', '--help']);
    expect(help.status).to.equal(0);
    expect(help.out).to.contain('calico-controller push network.yaml --wait');
  });

  it('prints a completion script that knows its commands', async () => {
    const { status, out, err } = await run(['completion', 'bash']);
    expect([status, err]).to.deep.equal([0, '']);
    expect(out).to.match(
      /words="serve nodes node [-a-z ]+ completion -V --version --server [-a-z ]+ --help"/,
    );
    expect(out).to.contain('-F _calico_controller calico-controller');
  });

  it('lists no revocations in place of an undo that names no node', async () => {
    const { status, out, err } = await run(client('revoke', '--undo'));
    expect([status, out]).to.deep.equal([2, '']);
    expect(err).to.contain('name the nodes');
  });

  it('pushes a configuration from stdin and waits until it is confirmed', async () => {
    const { status, out } = await run(client('push', '-', '--wait=60'), configWith(64_513));
    expect(out).to.equal(
      'revision controller:default#1 is pushed\n1 of 1 connected nodes confirmed it\n',
    );
    expect(status).to.equal(0);
  });

  it('says what a person can decide, and why a decision is not possible', async () => {
    const confirmed = await run(client('confirm'));
    expect(confirmed.err).to.contain(
      'cannot confirm: revision 1 waits for nobody: it was pushed without --confirm-within',
    );
    expect(confirmed.status).to.equal(1);
    const late = await run(
      client('push', '-', '--confirm-within=60', '--wait=60'),
      configWith(64_513),
    );
    expect(late.err).to.contain('--confirm-within has no effect');
  });

  it('lists some of the nodes, and shows one with everything about it', async () => {
    const wide = await run(
      client('nodes', 'node-*', '--only=connected', '--sort=sessions', '--wide'),
    );
    expect(wide.out).to.match(
      /^NODE .* AGENT +UNITS +FROM +SINCE +CERTIFICATE UNTIL\nnode-0 .* 127\.0\.0\.1 .* shared token/,
    );
    expect(wide.status).to.equal(0);
    const none = await run(client('nodes', 'rack-*'));
    expect([none.status, none.out]).to.deep.equal([0, 'none of the 1 known nodes\n']);
    const one = await run(client('node', 'node-0'));
    expect(one.out).to.match(/^node {7}node-0\nconnected {2}since .*, from 127\.0\.0\.1\n/);
    expect(one.out).to.contain('\nconfirmed  controller:default#1\n');
    const unknown = await run(client('node', 'node-1'));
    expect(unknown.status).to.equal(1);
    expect(unknown.err).to.contain('the controller knows no node "node-1"; is it "node-0"?');
  });

  it('lists the nodes, and sums up the fleet', async () => {
    const { status, out } = await run(client('nodes'));
    expect(status).to.equal(0);
    expect(out).to.match(
      /^NODE +CONNECTED +AS .*\nnode-0 +yes +- +- +- +- +1 +confirmed +in-force\n$/,
    );
    const yaml = await run(client('status', '-o', 'yaml'));
    expect(yaml.out).to.contain('push:\n  confirmed: 1\n');
    const plain = await run(client('status'));
    expect(plain.out).to.contain('nodes      1 connected of 1 known');
  });

  it('names the nodes at which an adapter fails again and again, once for each reason', async () => {
    const since = '2026-01-01T00:00:00Z';
    const degraded = [{ adapter: 'bird', attempts: 4, since, reason: 'no answer within 5 s' }];
    const agents = ['deaf-1', 'deaf-2'].map((name, index) => {
      const agent = new MemoryAgent({ name, address: `10.0.0.4${String(index)}/24` });
      return { agent, channel: lab.connect(agent) };
    });
    await eventually(async () => expect((await lab.status()).connected).to.equal(3));
    for (const { agent } of agents) agent.show({ degraded });
    await eventually(async () =>
      expect((await lab.status()).degraded?.[0]).to.include({ adapter: 'bird', nodes: 2 }),
    );
    const [nodes, status] = [await run(client('nodes')), await run(client('status'))];
    await Promise.all(agents.map(({ channel }) => channel.stop()));
    expect(nodes.out).to.contain('deaf-1, deaf-2: degraded: BIRD: no answer within 5 s\n');
    expect(status.out).to.contain('degraded   BIRD on 2 connected; deaf-1: no answer within 5 s');
  });

  it('refuses a broken configuration with all its issues and exit status 2', async () => {
    const file = path.join(lab.folder, 'broken.yaml');
    await writeFile(file, 'global-as-number: 0\nno-such-option: 1\n');
    const { status, err } = await run(client('push', file));
    expect(status).to.equal(2);
    expect(err).to.contain(`${file}:1:`);
    expect(err).to.contain(`${file}:2:`);
    expect(err).to.contain('it has errors, and nothing was sent\n');
    const json = await run(client('push', file, '-o', 'json'));
    expect(JSON.parse(json.out)).to.include({ code: 'invalid-config' });
  });

  it('ends with 1 when a node did not confirm in time, and names it', async () => {
    const slow = new MemoryAgent({ name: 'slow', address: '10.0.0.9/24', reaches: 'applied' });
    const channel = lab.connect(slow);
    await eventually(async () => expect((await lab.status()).connected).to.equal(2));
    const { status, out, err } = await run(client('push', '-', '--wait=9'), configWith(64_514));
    await channel.stop();
    expect(status).to.equal(1);
    expect(out).to.contain('slow: applied\n1 of 2 connected nodes confirmed it; the time to wait');
    // Once, and not every two seconds, because it may go into a file.
    expect(err).to.equal('1 of 2 connected nodes confirmed\n');
  });

  it('shows in the list of nodes who holds one node, and once who holds the whole cluster', async () => {
    const since = '2026-01-01T00:00:00Z';
    const own = { scope: 'agent', by: 'ann', why: 'by hand', since } as const;
    const whole = { scope: 'cluster', by: 'bob', why: 'ticket 4711', since } as const;
    const channels = [own, whole, whole].map((hold, index) => {
      const [name, address] = [`held-${String(index)}`, `10.0.0.3${String(index)}/24`];
      return lab.connect(new MemoryAgent({ name, address, hold }));
    });
    await eventually(async () => expect((await lab.node('held-2'))?.hold).to.deep.equal(whole));
    const { out } = await run(client('nodes'));
    await Promise.all(channels.map((channel) => channel.stop()));
    expect(out).to.match(/held-0 .*, on hold\n/);
    expect(out).to.contain(`held-0: on hold by ann since ${since}: by hand\n`);
    expect(out.match(/the cluster: on hold by bob .*: ticket 4711/g)).to.have.lengthOf(1);
  });

  it('shows the gates while it waits, and in the end the nodes that rolled back and the revision in force', async () => {
    const back = new MemoryAgent({ name: 'back', address: '10.0.0.40/24' });
    const channel = lab.connect(back);
    await eventually(async () =>
      expect((await lab.node('back'))?.push?.state).to.equal('confirmed'),
    );
    const before = (await lab.status()).revision;
    if (before === undefined) throw new Error('nothing was pushed');
    back.reaches = 'applied';
    const pushed = run(client('push', '-', '--wait=60'), configWith(64_520));
    await eventually(
      async () => expect((await lab.node('back'))?.push?.state).to.equal('applied'),
      60_000,
    );
    const gate = {
      condition: 'all live nodes guard',
      why: 'evil\u001b[31m does not',
      since: before.acceptedAt,
      until: '2999-01-01T00:00:00Z',
    };
    back.show({
      state: 'awaiting-gate',
      progress: { step: 2, steps: 3, title: 'mesh off', gates: [gate] },
      sessions: {
        expected: 2,
        established: 1,
        unexpected: 0,
        unknown: 0,
        worst: '10.0.0.1: refused',
      },
    });
    const nodes = await run(client('nodes'));
    expect(nodes.out).to.contain(
      'back: waits before step 2 of 3, "mesh off", until all live nodes guard',
    );
    expect(nodes.out).to.contain('evil\\u001b[31m does not');
    expect(nodes.out).to.contain('back: worst session: 10.0.0.1: refused');
    expect(nodes.out).to.match(/\nback +yes .* 1 of 2 +/);
    const status = await run(client('status'));
    expect(status.out).to.match(/\nwaiting {4}1 at: all live nodes guard, \d+ s left; back: evil/);
    expect(status.out).to.match(/\nin force {3}controller:default#\d+ on \d connected\n/);
    back.show({});
    back.rollBack('the session to 10.0.0.1 was lost', before);
    back.reach('confirmed');
    const { status: exit, out } = await pushed;
    await channel.stop();
    expect(exit).to.equal(1);
    expect(out).to.contain(
      `back: rolled back: the session to 10.0.0.1 was lost; revision controller:default#${String(before.number)} is in force again\n`,
    );
    expect(out).to.contain('\n1 node rolled back: ');
    expect(out).to.match(/\nin force now: .*on 1 node/);
  });

  const mistakes: readonly [what: string, args: readonly string[], says: string, status: number][] =
    [
      ['no command', [], 'Usage: calico-controller', 2],
      ['an unknown command', ['pusch'], "unknown command 'pusch'", 2],
      ['no token file', ['serve'], 'cannot run without a token: give --token-file FILE', 2],
      [
        'half of a certificate',
        ['serve', '--token-file', 'x', '--tls-cert', 'y'],
        'go together',
        2,
      ],
      [
        'a push without a folder',
        ['serve', '--token-file', 'x', '--source-push'],
        'cannot follow a file: --source FOLDER is missing',
        2,
      ],
      [
        'a network without TLS',
        ['serve', '--token-file', 'x', '--listen', '0.0.0.0:1'],
        '--plaintext-beyond-loopback',
        2,
      ],
      [
        'a file that is missing',
        ['push', '/nowhere.yaml'],
        'cannot read "/nowhere.yaml": there is no such file',
        2,
      ],
      [
        'nobody who listens',
        ['status', '--socket', '/nowhere.sock'],
        'start it with: systemctl start calico-controller, or calico-controller serve',
        1,
      ],
      ['a wrong time to wait', ['push', 'x', '--wait=soon'], 'It is a number of seconds', 2],
    ];
  for (const [what, args, says, status] of mistakes) {
    it(`explains what is wrong with ${what}, without a stack trace`, async () => {
      const ended = await run(args);
      expect(ended.err).to.contain(says);
      expect(ended.err).not.to.match(/^ +at /m);
      expect(ended.status).to.equal(status);
    });
  }

  it('forgets a node, and names one that it cannot forget', async () => {
    const gone = await run(client('forget', 'slow'));
    expect(gone).to.include({ status: 0, err: '' });
    expect(gone.out).to.contain('forgot slow');
    const refused = await run(client('forget', 'node-0'));
    expect(refused.status).to.equal(2);
    expect(refused.err).to.contain('"node-0": it is connected');
    expect((await run(['forget', '--help'])).out).to.contain('calico-controller forget node-7');
  });

  it('takes several nodes that must not stop a push, and names an unknown one', async () => {
    const args = client('push', '-', '--despite', 'node-0', '--despite', 'nobody');
    const { status, err } = await run(args, configWith(64_513));
    expect(status).to.not.equal(0);
    expect(err).to.contain('cannot push despite the node "nobody": it is not known');
  });

  it('ends with 1 when no agent is there to get a configuration', async () => {
    const empty = await Lab.make();
    await empty.start();
    const args = ['push', '-', '--wait=5', '--socket', empty.socket];
    const { status, out } = await run(args, configWith(64_513));
    await empty.close();
    expect(status).to.equal(1);
    expect(out).to.contain('no node is connected: it is stored');
  });

  it('ends with 1, and says why, where another program has its port', async () => {
    const other = createServer();
    await once(other.listen(0, '127.0.0.1'), 'listening');
    const at = other.address();
    const port = String(typeof at === 'object' ? at?.port : at);
    const state = path.join(lab.folder, 'third');
    const settings = ['--listen', `127.0.0.1:${port}`, '--state-directory', state];
    const socket = ['--socket', path.join(lab.folder, 'third.sock')];
    const ended = await run(['serve', '--token-file', lab.tokenFile, ...settings, ...socket]);
    other.close();
    expect(ended.status).to.equal(1);
    expect(ended.err).to.contain(port);
  });

  it('serves until SIGTERM, and then leaves nothing behind', async () => {
    const socket = path.join(lab.folder, 'second.sock');
    const state = path.join(lab.folder, 'second');
    const settings = ['--listen', '127.0.0.1:0', '--socket', socket, '--state-directory', state];
    const config = path.join(lab.folder, 'second.yaml');
    const head = 'apiVersion: calico-agent/v1\nkind: ControllerConfig\n';
    await writeFile(config, head);
    const args = ['serve', '--token-file', lab.tokenFile, '--config', config, ...settings];
    const child = spawn(process.execPath, ['--import', 'tsx', 'controller/main.ts', ...args]);
    const closed = once(child, 'close');
    let log = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      log += chunk;
    });
    await eventually(async () => {
      expect((await run(['status', '--socket', socket])).status).to.equal(0);
    });
    child.kill('SIGHUP');
    await eventually(() => expect(log).to.contain('the token was read again'));
    await writeFile(config, `${head}people: [{ name: ann, roles: [read] }]\n`);
    child.kill('SIGHUP');
    const restart = 'after a restart (systemctl restart calico-controller): people';
    await eventually(() => expect(log).to.contain(restart));
    await writeFile(config, `${head}peopel: []\n`);
    child.kill('SIGHUP');
    await eventually(() => expect(log).to.contain('the settings of a restart would be refused: '));
    child.kill('SIGTERM');
    expect(await closed).to.deep.equal([0, null]);
    expect(log).to.contain('stopping on SIGTERM');
    expect((await run(['status', '--socket', socket])).status).to.equal(1);
  });
});
