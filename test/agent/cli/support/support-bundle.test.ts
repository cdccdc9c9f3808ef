import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stateParts } from '../../../../agent/adapters/support/files.ts';
import { collect } from '../../../../agent/cli/support/collect.ts';
import { supportSources } from '../../../../agent/compose-support.ts';
import type { SupportPart } from '../../../../agent/ports/support.ts';
import { json } from '../../../../runtime/http/route.ts';
import { agentStatus } from '../agent-status.ts';
import { inFolder, run, type Ran } from '../run-command.ts';
import { withAgent } from '../scripted-agent.ts';

const planted = 'hunter2-Plant3d';

const part = (name: string, text: string): SupportPart => ({
  name,
  what: name,
  read: () => Promise.resolve(text),
});

interface Unpacked {
  readonly ran: Ran;
  readonly file: string;
  /** By their names below the folder of the archive. */
  readonly files: ReadonlyMap<string, string>;
}

/** Makes a bundle and unpacks it with the system's tar. */
async function bundle(
  folder: string,
  socket: string,
  options: Parameters<typeof run>[1] = {},
): Promise<Unpacked> {
  const file = path.join(folder, 'out.tar.gz');
  const ran = await run(['support-bundle', '--file', file, '--socket', socket], options);
  const target = path.join(folder, 'unpacked');
  mkdirSync(target);
  execFileSync('tar', ['-xzf', file, '-C', target]);
  const names = execFileSync('tar', ['-tzf', file], { encoding: 'utf8' }).trimEnd().split('\n');
  const files = new Map(
    names.map((name) => [
      name.split('/').slice(1).join('/'),
      readFileSync(path.join(target, name), 'utf8'),
    ]),
  );
  return { ran, file, files };
}

describe('calico-agent support-bundle', () => {
  it('works with the daemon dead, lists its content, and is readable for its owner alone', async () => {
    await inFolder(async (folder) => {
      const { ran, file, files } = await bundle(folder, path.join(folder, 'no.sock'));
      expect(ran.status).to.equal(0);
      expect(ran.stdout).to.match(/^FILE +BYTES +WHAT\nversions.txt +\d+ +versions of/);
      expect(ran.stdout).to.match(
        /daemon\/status.json +0 .*INCOMPLETE: .*no program listens there/,
      );
      expect(ran.stdout).to.contain(`written to ${file}\n`);
      expect(ran.stdout).to.contain(files.get('README.txt') ?? 'no list');
      expect(files.get('versions.txt')).to.match(/^calico-agent \d/);
      expect(JSON.parse(files.get('doctor.json') ?? '')).to.have.property('findings');
      expect(statSync(file).mode & 0o777).to.equal(0o600);
    });
  });

  it('does not overwrite a file', async () => {
    await inFolder(async (folder) => {
      const file = path.join(folder, 'out.tar.gz');
      await writeFile(file, 'mine');
      const { status, stderr } = await run(['support-bundle', '--file', file]);
      expect([status, readFileSync(file, 'utf8')]).to.deep.equal([1, 'mine']);
      expect(stderr).to.equal(
        `calico-agent: cannot write "${file}": it exists already; choose another name, or remove it first\n`,
      );
    });
  });

  it("has the daemon's answers and this machine's parts, without any secret", async () => {
    const status = { ...agentStatus, message: `etcd at https://u:${planted}@10.0.0.1 fails` };
    const answers = {
      'GET /v1/status': () => json(status),
      'GET /v1/config': () => json({ text: `a: 1\npassword: ${planted}\n` }),
    };
    const parts = [
      part('agent.yaml', `controller:\n  token: ${planted}\n`),
      part('log.txt', `the controller sent ${planted}`),
      part('state/events.jsonl', `{"id":1,"text":"ETCD_PASSWORD=${planted}"}\n{"id":2}\n`),
      part('bird/1.txt', `protocol bgp { password "${planted}"; }`),
      part('state/broken.json', `{"token": "${planted}`),
    ];
    await withAgent(answers, ({ socket }) =>
      inFolder(async (folder) => {
        const { ran, files } = await bundle(folder, socket, {
          supportSources: () => Promise.resolve({ parts, secrets: [planted] }),
        });
        expect([...files.values(), ran.stdout].join('\n')).not.to.contain(planted);
        expect(JSON.parse(files.get('daemon/status.json') ?? '')).to.include({ node: 'node-0' });
        expect(files.get('state/events.jsonl')).to.match(/\n\{"id":2\}\n$/);
        for (const { name } of parts) expect(files.get(name), name).to.contain('<removed>');
      }),
    );
  });

  it('bounds each part in size and time, and goes on without one that hangs or fails', async () => {
    const hanging: SupportPart = {
      ...part('hangs.txt', ''),
      read: () => new Promise(() => undefined),
    };
    const failing: SupportPart = {
      ...part('fails.txt', ''),
      read: () => Promise.reject(new Error(`no: token=${planted}`)),
    };
    const log: SupportPart = { ...part('log.txt', 'old old new'), keeps: 'end' };
    const collected = await collect(
      [hanging, failing, part('big.txt', 'first second'), log, part('ok.txt', 'ok')],
      [],
      { deadlineMs: 50, maxBytes: 5 },
    );
    expect(
      collected.map(({ name, content, lacks }) => [name, content.toString(), lacks]),
    ).to.deep.equal([
      ['hangs.txt', '', 'it took longer than 0.05 s'],
      ['fails.txt', '', 'no: token=<removed>'],
      ['big.txt', 'first', 'only the first 5 of 12 bytes'],
      ['log.txt', 'd new', 'only the last 5 of 11 bytes'],
      ['ok.txt', 'ok', undefined],
    ]);
  });

  it('takes the files of this machine, and removes the token of its settings by its value', async () => {
    await inFolder(async (folder) => {
      const config = path.join(folder, 'agent.yaml');
      const stateDirectory = path.join(folder, 'state');
      mkdirSync(path.join(stateDirectory, 'revisions'), { recursive: true });
      await writeFile(path.join(folder, 'token'), `${planted}-16-signs\n`);
      await writeFile(path.join(stateDirectory, 'state.json'), '{"formatVersion":1}');
      await writeFile(path.join(stateDirectory, 'revisions/4-abc.json'), '{"number":4}');
      await writeFile(
        config,
        [
          'apiVersion: calico-agent/v1',
          'kind: AgentConfig',
          `stateDirectory: ${stateDirectory}`,
          `controller: { url: "ws://127.0.0.1:1", cluster: default, tokenFile: ${folder}/token }`,
          '',
        ].join('\n'),
      );
      const { parts, secrets } = await supportSources(config);
      expect(secrets).to.deep.equal([`${planted}-16-signs`]);
      const names = parts.map(({ name }) => name);
      expect(names).to.include.members([
        'agent.yaml',
        'state/state.json',
        'state/revisions/4-abc.json',
        'log.txt',
        'host/routes.txt',
      ]);
      const read = parts.find(({ name }) => name === 'state/state.json');
      expect(await read?.read(new AbortController().signal)).to.equal('{"formatVersion":1}');
    });
  });

  it('says which files of the platform were edited, and has none of their lines', async () => {
    await inFolder(async (folder) => {
      const note = {
        path: '/etc/rancher/k3s/config.yaml.d/90-calico-agent.yaml',
        edits: [{ form: 'whole', text: `agent-args: ${planted}` }],
        undo: { kind: 'lines', before: [planted] },
        restarts: [{ service: 'k3s.service', why: 'it reads the file at its start' }],
      };
      const edits = { formatVersion: 1, notes: [note], dueRestarts: [] };
      await writeFile(path.join(folder, 'host-edits.json'), JSON.stringify(edits));
      mkdirSync(path.join(folder, 'host-originals'));
      await writeFile(path.join(folder, 'host-originals/a'), planted);
      const found = await collect(await stateParts(folder), []);
      expect(found.map(({ content }) => content.toString()).join('\n')).not.to.contain(planted);
      const shown = found.find(({ name }) => name === 'state/host-edits.json');
      expect(shown?.what).to.contain('without host-originals/');
      const { path: edited, restarts } = note;
      expect(JSON.parse(shown?.content.toString() ?? '')).to.deep.equal({
        notes: [{ path: edited, edits: 1, undo: 'lines', restarts }],
        dueRestarts: [],
      });
      const absent = await stateParts(path.join(folder, 'none'));
      expect(absent.map(({ name }) => name)).not.to.include('state/host-edits.json');
    });
  });

  it('takes the usual files when the settings cannot be read', async () => {
    await inFolder(async (folder) => {
      const config = path.join(folder, 'agent.yaml');
      await writeFile(config, 'kind: Nonsense');
      const { parts, secrets } = await supportSources(config);
      expect(secrets).to.deep.equal([]);
      expect(parts[0]).to.include({ name: 'agent.yaml', what: `the settings, ${config}` });
    });
  });
});
