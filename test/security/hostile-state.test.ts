/**
 * The built daemon over a damaged, hostile or full disk: it answers, reports the fault, and changes
 * nothing.
 */
import { expect } from 'chai';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createUnixHttpClient } from '../../runtime/http/unix-client.ts';
import { eventually } from '../support/eventually.ts';
import { lacks } from '../support/skips/needs.cjs';
import { startVictim, type Victim } from './processes/victim.ts';

const config = 'global-as-number: 65001\nnode-to-node-mesh: true\n';

interface Status {
  readonly state: string;
  readonly message: string;
  readonly revisions: { readonly inForce?: { readonly number: number } };
  readonly storage?: {
    readonly stateUnknown?: true;
    readonly problems: readonly { readonly message: string; readonly hint: string }[];
  };
}

describe('an agent whose state directory is damaged', function () {
  this.timeout(180_000);
  let folder: string;
  let agents: Victim[];
  let mounts: string[];
  const at = (name: string): string => path.join(folder, name);

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-hostile-'));
    agents = [];
    mounts = [];
    await writeFile(
      at('agent.yaml'),
      JSON.stringify({
        apiVersion: 'calico-agent/v1',
        kind: 'AgentConfig',
        node: { name: 'node-0', addresses: ['10.0.0.2/24'] },
        stateDirectory: at('state'),
        datastore: { driver: 'files', directory: at('resources') },
        socket: at('agent.sock'),
        statusSocket: at('status.sock'),
      }),
    );
  });
  afterEach(async () => {
    await Promise.all(agents.map((agent) => agent.stop()));
    for (const mounted of mounts) spawnSync('umount', [mounted]);
    await rm(folder, { recursive: true, force: true });
  });

  const start = async (): Promise<Victim> => {
    const argv = ['run', '--config', at('agent.yaml')];
    const agent = await startVictim('calico-agent', argv, at('agent.sock'));
    agents.push(agent);
    return agent;
  };
  const put = (text: string): Promise<unknown> =>
    createUnixHttpClient(at('agent.sock'), { startHint: '' }).request({
      method: 'PUT',
      path: '/v1/config?wait=20',
      body: text,
      mediaType: 'application/yaml',
      timeoutMs: 30_000,
    });
  const statusOf = async (agent: Victim): Promise<Status> => {
    const { body, milliseconds } = await agent.status(at('agent.sock'));
    expect(milliseconds).to.be.lessThan(1000);
    return JSON.parse(body);
  };
  const prepare = async (): Promise<void> => {
    const agent = await start();
    await put(config);
    await agent.stop();
  };
  const written = (): Promise<string> =>
    readFile(at('resources/50-bgpconfiguration-default.yaml'), 'utf8');
  const revisionFile = async (): Promise<string> => {
    const [name = ''] = await readdir(at('state/revisions'));
    return at(`state/revisions/${name}`);
  };
  const state = (): string => at('state/state.json');
  const replace = async (file: string, make: () => Promise<unknown>): Promise<void> => {
    await rm(file);
    await make();
  };

  interface Case {
    readonly what: string;
    readonly damage: () => Promise<unknown>;
    /** In the status: its message, or a problem on disk. */
    readonly says: RegExp;
    /** One line of the log has it. */
    readonly logs?: RegExp;
  }
  const lost = /state\.json (is missing|was damaged).*send the configuration again/;
  const cases: readonly Case[] = [
    { what: 'no state.json', damage: () => rm(state()), says: lost },
    {
      what: 'an empty state.json',
      damage: () => writeFile(state(), ''),
      says: lost,
      logs: /state\.json" is corrupt/,
    },
    {
      what: 'a state.json of another form',
      damage: () => writeFile(state(), '{"formatVersion":1}'),
      says: lost,
      logs: /state\.json" is corrupt/,
    },
    {
      what: 'a named pipe in the place of state.json',
      damage: () => replace(state(), () => Promise.resolve(spawnSync('mkfifo', [state()]))),
      says: lost,
      logs: /state\.json" is corrupt/,
    },
    {
      what: 'a link in the place of state.json',
      damage: () => replace(state(), () => symlink('/dev/zero', state())),
      says: lost,
      logs: /state\.json" is corrupt/,
    },
    {
      what: 'a folder in the place of state.json',
      damage: () => replace(state(), () => mkdir(state())),
      says: lost,
      logs: /state\.json" is corrupt/,
    },
    {
      what: 'a state.json of a newer version',
      damage: () => writeFile(state(), '{"formatVersion":2}'),
      says: /format version 2.*the agent changes nothing/,
      logs: /format version 2/,
    },
    {
      what: 'a revision of which one digit was flipped',
      damage: async () => {
        const file = await revisionFile();
        await writeFile(file, (await readFile(file, 'utf8')).replace('65001', '65009'));
      },
      says: /text of revision local:node-0#1 is damaged/,
      logs: /is corrupt and was set aside.*digest/,
    },
    {
      what: 'no revision',
      damage: async () => rm(await revisionFile()),
      says: /text of revision local:node-0#1 is missing/,
      logs: /its stored text is damaged or missing/,
    },
    {
      what: 'a damaged journal',
      damage: () => writeFile(at('state/journal.json'), '{'),
      says: /the journal .* is damaged/,
      logs: /journal\.json" is corrupt/,
    },
  ];
  for (const { what, damage, says, logs } of cases) {
    it(`answers within a second, names it, and keeps the revision in force: ${what}`, async () => {
      await prepare();
      const before = await written();
      await damage();
      const agent = await start();
      await eventually(async () => {
        const { message, storage } = await statusOf(agent);
        const problems = storage?.problems.map((one) => `${one.message} (${one.hint})`) ?? [];
        expect([message, ...problems].join('\n')).to.match(says);
      });
      expect(await written()).to.equal(before);
      expect(agent.isAlive()).to.equal(true);
      // The log and the answers come over two pipes.
      if (logs !== undefined) await eventually(() => expect(agent.log.join('\n')).to.match(logs));
      const lines = agent.log.filter((line) => logs?.test(line));
      expect(lines, agent.log.join('\n')).to.have.length(logs === undefined ? 0 : 1);
    });
  }

  for (const [what, make] of [
    ['a link to nothing', () => symlink('/nowhere', at('state/lock'))],
    ['a folder', () => mkdir(at('state/lock'))],
    ['a named pipe', () => Promise.resolve(spawnSync('mkfifo', [at('state/lock')]))],
  ] as const) {
    it(`starts even with another object in the place of its lock: ${what}`, async () => {
      await prepare();
      await rm(at('state/lock'));
      await make();
      await writeFile(at('state/lock.999999999-abc'), '');
      const agent = await start();
      await eventually(async () => expect((await statusOf(agent)).state).to.equal('in-force'));
      const names = await readdir(at('state'));
      expect(names).to.include('lock').and.include('lock.corrupt-1');
      expect(names).to.not.include('lock.999999999-abc');
    });
  }

  it('names the revision in force in its first answer', async () => {
    await prepare();
    const agent = await start();
    expect((await statusOf(agent)).revisions.inForce?.number).to.equal(1);
  });

  it('starts on a full disk, reports it, and goes on when there is room', async function () {
    await prepare();
    if (!mountSmall(at('state'), mounts)) {
      lacks('root, and the right to mount a tmpfs', 'mount');
      this.skip();
    }
    await writeFile(at('state/filler'), 'x'.repeat(4096)).catch(() => undefined);
    spawnSync('dd', ['if=/dev/zero', `of=${at('state/filler')}`, 'bs=4096']);
    const agent = await start();
    const status = await statusOf(agent);
    expect(status.state).to.equal('failed');
    expect(status.message).to.match(/the disk is full.*the agent changes nothing/);
    const refused = await put(config).catch((error: unknown) => error);
    expect(Reflect.get(Object(refused), 'code')).to.equal('disk-full');
    await rm(at('state/filler'));
    await put(config);
    await eventually(
      async () => expect((await statusOf(agent)).state).to.equal('in-force'),
      10_000,
    );
    expect(agent.log.filter((line) => line.includes('cannot begin to work'))).to.have.length(1);
  });

  it('does not follow a link in the place of its folder among the resources', async () => {
    await mkdir(at('resources'));
    await mkdir(at('elsewhere'));
    await writeFile(at('elsewhere/.x.unfinished'), 'of somebody else');
    await symlink(at('elsewhere'), at('resources/.calico-agent'));
    const agent = await start();
    await put(config).catch(() => undefined);
    await eventually(async () => {
      expect((await statusOf(agent)).message).to.contain('it is a symbolic link');
    });
    expect(await readdir(at('elsewhere'))).to.deep.equal(['.x.unfinished']);
  });

  it('ends although a named pipe lies among the resources', async () => {
    await mkdir(at('resources'));
    spawnSync('mkfifo', [at('resources/30-bgppeer-x.yaml')]);
    const agent = await start();
    await put(config);
    expect((await statusOf(agent)).state).to.equal('in-force');
    process.kill(agent.pid, 'SIGTERM');
    await eventually(() => expect(agent.isAlive()).to.equal(false));
  });
});

/** False when this machine does not allow it. */
function mountSmall(folder: string, mounts: string[]): boolean {
  const copy = `${folder}.copy`;
  execFileSync('cp', ['-a', folder, copy]);
  const argv = ['-t', 'tmpfs', '-o', 'size=512k,mode=0700', 'tmpfs', folder];
  if (spawnSync('mount', argv).status !== 0) return false;
  mounts.push(folder);
  execFileSync('cp', ['-a', `${copy}/.`, folder]);
  return true;
}
