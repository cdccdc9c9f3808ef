/** The commands of rollouts, as docs/rollouts.md has them, against a controller with agents in memory. */
import { expect } from 'chai';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable, Writable } from 'node:stream';
import { runCli } from '../../../../controller/cli/run-cli.ts';
import { eventually } from '../../../support/eventually.ts';
import { MemoryAgent } from '../../../support/twins/memory-agent.ts';
import { configWith, Lab } from '../../running.ts';

interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(...argv: readonly string[]): Promise<Ran> {
  const texts = { stdout: '', stderr: '' };
  const sink = (name: keyof typeof texts): Writable =>
    new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        texts[name] += chunk.toString();
        done();
      },
    });
  const status = await runCli(argv, {
    stdin: Readable.from([]),
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    by: 'alice@node-0',
    serve: () => Promise.resolve(0),
    initTools: () => Promise.reject(new Error('not used')),
    storeTools: () => Promise.reject(new Error('not here')),
  });
  return { status, ...texts };
}

describe('calico-controller rollout', function () {
  this.timeout(120_000);
  let lab: Lab;
  let agents: readonly MemoryAgent[];
  const rollout = (...args: readonly string[]): Promise<Ran> =>
    run('rollout', ...args, '--socket', lab.socket);
  const file = async (name: string, text: string): Promise<string> => {
    const named = path.join(lab.folder, name);
    await writeFile(named, text);
    return named;
  };
  const head = 'apiVersion: calico-agent/v1\nkind: RolloutStrategy\n';

  before(async () => {
    lab = await Lab.make();
    await lab.start();
    agents = ['0', '1'].map(
      (number) => new MemoryAgent({ name: `node-${number}`, address: `10.0.0.1${number}/24` }),
    );
    for (const agent of agents) lab.connect(agent);
    await eventually(async () => expect((await lab.status()).connected).to.equal(2));
  });
  after(async () => {
    await lab.close();
  });

  it('says that there is none yet', async () => {
    expect(await rollout('status')).to.include({ status: 0, stdout: 'there is no rollout yet\n' });
    expect((await rollout('approve')).stderr).to.contain(
      'there is none; calico-controller rollout start begins one',
    );
  });

  it('brings a configuration to the waves, and shows the progress', async () => {
    const config = await file('network.yaml', configWith(64_513));
    const strategy = await file(
      'strategy.yaml',
      `${head}waves:\n  - { name: canary, nodes: [node-0, Nod-1] }\nsettle: 0s\n`,
    );
    const shown = await rollout('start', config, '--strategy', strategy, '--dry-run');
    expect(shown.status).to.equal(3);
    expect(shown.stdout)
      .to.match(
        /\n {2}the rollout would change the fleet\n {2}2 nodes change; .*\n\n(.*\n)+Cluster-wide\n/,
      )
      .and.to.match(/\nWaves\n {2}canary, 1 node: node-0\n {2}rest, 1 node: node-1\n$/);
    expect(shown.stderr).to.contain('Nod-1');
    expect((await rollout('status')).stdout).to.equal('there is no rollout yet\n');
    const started = await rollout('start', config, '--strategy', strategy, '--watch');
    expect([started.status, started.stderr.split('\n').at(-2)]).to.deep.equal([0, 'done']);
    const before = started.stdout.indexOf('the rollout of');
    expect(started.stdout.slice(0, before))
      .to.match(/^Summary\n.*\n.*\n {2}2 nodes change; /)
      .and.to.match(/\n\nWaves\n {2}canary, 1 node: node-0\n {2}rest, 1 node: node-1\n\n$/);
    expect(started.stdout.slice(before)).to.equal(
      [
        'the rollout of revision controller:default#1 begins',
        'wave     canary  1 node: node-0',
        'wave     rest    1 node: node-1',
        '',
      ].join('\n'),
    );
    expect(started.stderr).to.match(
      /strategy\.yaml:4:\d+: warning: the wave "canary" names nodes that the controller does not know: Nod-1 \(did you mean node-1\?\) \[wave-with-unknown-nodes\]\n {2}hint: /,
    );
    expect(agents.map(({ accepted }) => accepted?.number)).to.deep.equal([2, 2]);
    const { status, stdout } = await rollout('status');
    expect(status).to.equal(0);
    expect(stdout.replace(/ at \S+;/, ' at TIME;')).to.equal(
      [
        'rollout of revision 1 by alice@node-0 at TIME; its newest revision is 2',
        'state    done',
        'wave     canary  done, 1 of 1 confirmed (node-0)',
        'wave     rest    done, 1 of 1 confirmed (node-1)',
        '',
      ].join('\n'),
    );
  });

  it('says with --dry-run whether it could begin, for people, programs and merge requests', async () => {
    const config = await file('network.yaml', configWith(64_513));
    const again = await rollout('start', config, '--dry-run');
    expect(again.status).to.equal(0);
    expect(again.stdout).to.contain(
      'Nothing would begin now\n  the newest revision has this content already\n',
    );
    const faulty = await file('faulty.yaml', 'global-as-number: -1\n');
    const refused = await rollout('start', faulty, '--dry-run', '-o', 'json');
    expect(refused.status).to.equal(2);
    const answer: unknown = JSON.parse(refused.stdout);
    expect(answer).to.have.nested.property('waves[0].names').that.deep.equals(['node-0', 'node-1']);
    expect(answer)
      .to.deep.include({ result: 'refused' })
      .and.to.have.nested.property('refusal.code', 'invalid-config');
    const other = await file('other.yaml', configWith(64_520));
    const markdown = await rollout('start', other, '--dry-run', '-o', 'markdown');
    expect(markdown.stdout).to.contain('\n### Waves\n\n- all, 2 nodes: node-0, node-1\n');
    expect((await run('push', other, '--dry-run', '--socket', lab.socket)).status).to.equal(3);
    expect((await rollout('start', other, '--dry-run', '--watch')).status).to.equal(2);
    expect((await rollout('status')).stdout).to.match(/^rollout of revision 1 /);
  });

  it('waits for a person, who takes it back', async () => {
    const config = await file('next.yaml', configWith(64_514));
    const strategy = await file(
      'careful.yaml',
      `${head}waves: [{ nodes: [node-1] }]\nsettle: 0s\napproval: each-wave\n`,
    );
    const watched = await rollout('start', config, '--strategy', strategy, '--watch');
    expect(watched.status).to.equal(0);
    expect(watched.stderr).to.contain(
      'calico-controller rollout approve rest --rollout 3 lets it begin',
    );
    expect(await lab.node('node-0')).to.have.nested.property('push.state', 'later');
    const meanwhile = await rollout('start', await file('x.yaml', configWith(1)), '--dry-run');
    expect(meanwhile.status).to.equal(1);
    expect(meanwhile.stdout).to.contain('the rollout of revision 3 is running');
    expect((await rollout('pause', '--why', 'lunch')).stdout).to.contain(
      'paused by alice@node-0: lunch',
    );
    expect(await rollout('pause')).to.deep.include({
      status: 1,
      stderr: 'calico-controller: cannot pause the rollout: it is paused already\n',
    });
    expect((await rollout('resume')).status).to.equal(0);
    expect((await rollout('abort', '--why', 'test')).stdout).to.contain(
      '(alice@node-0 aborted it: test)',
    );
    const ended = await rollout('status', '--watch');
    expect(ended.status).to.equal(1);
    expect(ended.stdout).to.contain('aborted: the nodes have what they had before');
    expect(agents.map(({ accepted }) => accepted?.text)).to.deep.equal([
      configWith(64_513),
      configWith(64_513),
    ]);
    const { stdout } = await rollout('list');
    expect(stdout.split('\n').map((line) => line.trim().split(/ {2,}/).slice(0, 3))).to.deep.equal([
      ['3', 'rollout', 'aborted'],
      ['1', 'rollout', 'done'],
      [''],
    ]);
  });

  it('fails where a newer revision ended the rollout that it watches', async () => {
    const strategy = await file('slow.yaml', `${head}waves: [{ count: 1 }]\nsettle: 1h\n`);
    const config = await file('slow-network.yaml', configWith(64_516));
    const watching = rollout('start', config, '--strategy', strategy, '--watch');
    await eventually(async () =>
      expect((await rollout('status')).stdout).to.match(
        /^rollout of revision 6 .*\nstate {4}running/,
      ),
    );
    const newer = await file('newer.yaml', configWith(64_513));
    const pushed = await run('push', newer, '--supersede', '--socket', lab.socket);
    expect([pushed.status, pushed.stderr]).to.deep.equal([0, '']);
    const { status, stderr } = await watching;
    expect(status).to.equal(1);
    expect(stderr.split('\n').at(-2)).to.equal(
      'the rollout of revision 6 has ended: revision 7 is newer; calico-controller rollout list shows both',
    );
  });

  it('names all faults of a strategy with their places, and changes nothing', async () => {
    const config = await file('other.yaml', configWith(64_515));
    const strategy = await file('wrong.yaml', `${head}waves: [{ count: 0 }]\nlimit: soon\n`);
    const wrong = await rollout('start', config, '--strategy', strategy);
    expect([wrong.status, wrong.stdout]).to.deep.equal([2, '']);
    expect(wrong.stderr).to.match(/wrong\.yaml:3:\d+[^]*wrong\.yaml:4:8/);
    // No rollout begins while nodes are on the way to the push before.
    await eventually(async () => {
      expect((await rollout('status')).stdout).to.contain('state    done');
    });
    const nobody = await file('nobody.yaml', `${head}waves: [{ nodes: [rack-*] }]\n`);
    const refused = await rollout('start', config, '--strategy', nobody);
    expect(refused.status).to.equal(2);
    expect(refused.stderr).to.contain(
      'nobody.yaml:3:9: error: the wave "wave-1" has no node: no known node is as it says',
    );
    expect(await rollout('start', config, '--strategy', 'none.yaml')).to.deep.include({
      status: 1,
      stderr: 'calico-controller: cannot read "none.yaml": no such file\n',
    });
  });
});
