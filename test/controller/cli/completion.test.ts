/** The completion of calico-controller in a real bash; another program of that name prints the clusters. */
import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable, Writable } from 'node:stream';
import { runCli } from '../../../controller/cli/run-cli.ts';
import { freePort } from '../../support/servers/free-port.ts';

const usual = '--config /etc/calico-controller/controller.yaml';

async function ran(...args: readonly string[]): Promise<readonly [number, string, string]> {
  const texts = { out: '', err: '' };
  const sink = (name: keyof typeof texts): Writable =>
    new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        texts[name] += chunk.toString();
        done();
      },
    });
  const status = await runCli(args, {
    stdin: Readable.from([]),
    stdout: sink('out'),
    stderr: sink('err'),
    by: 'alice@node-0',
    serve: () => Promise.resolve(0),
    initTools: () => Promise.reject(new Error('not here')),
    storeTools: () => Promise.reject(new Error('not here')),
  });
  return [status, texts.out, texts.err];
}

describe('the completion of calico-controller', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-completion-'));
    const program = '#!/bin/sh\nprintf "east\\nwest\\n"; echo "$*" >> "$ASKED"\n';
    await writeFile(path.join(folder, 'calico-controller'), program, { mode: 0o755 });
  });
  after(() => rm(folder, { recursive: true }));

  /** What bash offers for the words as it separates them, and what the program was asked. */
  const complete = async (
    ...words: readonly string[]
  ): Promise<{ readonly offered: readonly string[]; readonly asked: string }> => {
    const [, script] = await ran('completion', 'bash');
    const lines = `
      source /dev/stdin <<'SCRIPT'
${script}
SCRIPT
      COMP_WORDS=(calico-controller "$@") COMP_CWORD=$#
      _calico_controller
      printf '%s\\n' "\${COMPREPLY[@]}"
      cat "$ASKED" >&2`;
    const ASKED = path.join(folder, 'asked');
    await writeFile(ASKED, '');
    const PATH = `${folder}:${process.env['PATH'] ?? ''}`;
    const env = { ...process.env, PATH, ASKED, HOME: '/home/ann' };
    const args = ['--norc', '--noprofile', '-c', lines, 'bash', ...words];
    const { stdout, stderr } = spawnSync('bash', args, { encoding: 'utf8', env });
    return { offered: stdout.split('\n').filter((word) => word !== ''), asked: stderr };
  };

  const cases: readonly (readonly [string, readonly string[], readonly string[], string?])[] = [
    ['options before the command', ['--clu'], ['--cluster']],
    ['commands behind options', ['--cluster', 'east', 'stat'], ['status']],
    ['commands behind a server', ['--server', 'https', ':', '//h', ':', '7', 'aud'], ['audit']],
    ['options of a command behind options', ['--cluster', 'east', 'push', '--wa'], ['--wait']],
    ['values of options behind options', ['--cluster', 'e', 'nodes', '--sort', 'se'], ['sessions']],
    ['clusters', ['status', '--cluster', 'w'], ['west'], `clusters --names ${usual}\n`],
    ['clusters before the command', ['--cluster', ''], ['east', 'west']],
    ['clusters behind =', ['status', '--cluster', '=', 'w'], ['west']],
    ['clusters right behind =', ['status', '--cluster', '='], ['east', 'west']],
    [
      'clusters of the socket that is named',
      ['status', '--socket', '~/c.sock', '--cluster', ''],
      ['east', 'west'],
      `clusters --names ${usual} --socket /home/ann/c.sock\n`,
    ],
    [
      'clusters of the server that is named',
      ['--server', 'https', ':', '//h', ':', '7', '--token-file', '~/t', 'push', '--cluster', 'e'],
      ['east'],
      `--server https://h:7 --token-file /home/ann/t clusters --names ${usual}\n`,
    ],
  ];
  for (const [what, words, offered, asked] of cases) {
    it(`offers ${what}`, async () => {
      const answer = await complete(...words);
      expect(answer.offered).to.deep.equal(offered);
      if (asked !== undefined) expect(answer.asked).to.equal(asked);
    });
  }

  it('has the names of the clusters from the settings where no controller runs', async () => {
    const config = path.join(folder, 'controller.yaml');
    const clusters = '[{ name: east, listen: 127.0.0.1:1 }, { name: west, listen: 127.0.0.1:2 }]';
    const head = 'apiVersion: calico-agent/v1\nkind: ControllerConfig\n';
    await writeFile(config, `${head}clusters: ${clusters}\n`);
    const socket = path.join(folder, 'no.sock');
    const asked = ['clusters', '--names', '--config', config];
    expect(await ran(...asked, '--socket', socket)).to.deep.equal([0, 'east\nwest\n', '']);
    const [status, names, fault] = await ran('clusters', '--names', '--socket', socket);
    expect([status, names]).to.deep.equal([1, '']);
    expect(fault).to.contain('cannot connect to');
    const server = `https://127.0.0.1:${String(await freePort())}`;
    const token = path.join(folder, 'token');
    await writeFile(token, 'token', { mode: 0o600 });
    const [remote, none] = await ran('--server', server, '--token-file', token, ...asked);
    expect([remote, none]).to.deep.equal([1, '']);
  });
});
