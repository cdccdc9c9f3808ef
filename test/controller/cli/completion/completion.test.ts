/** The completion of calico-controller in a real bash; another program of that name prints the clusters. */
import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable, Writable } from 'node:stream';
import { needsShell, wordsOffered } from '../../../support/shells/offered.ts';
import { runCli } from '../../../../controller/cli/run-cli.ts';
import { freePort } from '../../../support/servers/free-port.ts';

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

/** What zsh and fish offer for a line. */
const offers: readonly (readonly [string, readonly string[]])[] = [
  ['--clu', ['--cluster']],
  ['--cluster east stat', ['status']],
  ['--server https://h:7 aud', ['audit']],
  ['--server=https://h:7 aud', ['audit']],
  ['--cluster east push --wa', ['--wait']],
  ['--cluster e nodes --sort se', ['sessions']],
  ['--token-file n', ['nodes.yaml']],
  ['completion f', ['fish']],
  ['push my', ['my config.yaml']],
  ['push --wait 5 my', ['my config.yaml']],
  ['rollout st', ['start', 'status']],
  ['rollout start my', ['my config.yaml']],
  ['rollout start --strategy n', ['nodes.yaml']],
  ['token create --no', ['--node']],
  ['status --socket ~/c.sock --cluster w', ['west']],
  ['--cluster=', ['east', 'west']],
  ['--server https://h:7 --token-file ~/t push --cluster e', ['east']],
  ['node ', ['node-0', 'node-1']],
  ['forget node-0 node-', ['node-0', 'node-1']],
  ['--server=https://h:7 node --cluster west node-1', ['node-1']],
  ['push --despite ', ['node-0', 'node-1']],
  ['proposal ', ['12', '9']],
  ['approve ', ['12']],
  ['propose --again ', ['12', '9']],
  ['preview --base ', ['7', '8']],
  ['preview --proposal 1', ['12']],
  ['token revoke e1 ', ['e1', 'e2']],
  ['access revoke --cluster west b', ['bb22']],
  ['access create ', ['ann', 'bob']],
  ['audit --by a', ['ann']],
  ['access re', ['revoke']],
];

/** What the completions of these lines ask the program. */
const questions = [
  `clusters --names ${usual} --socket /home/ann/c.sock`,
  `clusters --names ${usual}`,
  `--server https://h:7 --token-file /home/ann/t clusters --names ${usual}`,
  'nodes --names',
  'nodes --names',
  '--server=https://h:7 nodes --names --cluster west',
  'nodes --names',
  'proposals --ids',
  'proposals --ids --open',
  'proposals --ids',
  'rollout list --ids',
  'proposals --ids --open',
  'token list --ids',
  'access list --ids --cluster west',
  'access list --names',
  'access list --names',
];

describe('the completion of calico-controller', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-completion-'));
    const program = `#!/bin/sh
case "$*" in
*clusters*) printf 'east\\nwest\\n' ;;
*proposals*--open*) echo 12 ;;
*proposals*) printf '9\\n12\\n' ;;
*'rollout list'*) printf '7\\n8\\n' ;;
*'token list'*) printf 'e1\\ne2\\n' ;;
*'access list --ids'*) printf 'aa11\\nbb22\\n' ;;
*'access list'*) printf 'ann\\nbob\\n' ;;
*) printf 'node-0\\nnode-1\\n' ;;
esac
echo "$*" >> "$ASKED"
`;
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
    ['nodes', ['node', ''], ['node-0', 'node-1'], 'nodes --names\n'],
    ['several nodes', ['forget', 'node-0', 'n'], ['node-0', 'node-1'], 'nodes --names\n'],
    [
      'nodes of the cluster that is named',
      ['--server', 'https', ':', '//h', ':', '7', 'node', '--cluster', 'west', 'node-1'],
      ['node-1'],
      '--server https://h:7 nodes --names --cluster west\n',
    ],
    ['nodes behind an option', ['push', '--despite', ''], ['node-0', 'node-1']],
    ['proposals', ['proposal', ''], ['9', '12'], 'proposals --ids\n'],
    ['proposals that wait', ['apply', '1'], ['12'], 'proposals --ids --open\n'],
    ['revisions', ['preview', '--base', ''], ['7', '8'], 'rollout list --ids\n'],
    ['enrolment tokens', ['token', 'revoke', 'e1', ''], ['e1', 'e2'], 'token list --ids\n'],
    [
      'tokens of people in the cluster that is named',
      ['access', 'revoke', '--cluster', 'west', 'b'],
      ['bb22'],
      'access list --ids --cluster west\n',
    ],
    ['people', ['access', 'create', ''], ['ann', 'bob'], 'access list --names\n'],
    ['nodes for a new token', ['token', 'create', '--node', ''], ['node-0', 'node-1']],
    ['the commands of a command', ['access', 're'], ['revoke'], ''],
    ['options of a command that takes nodes', ['forget', '--so'], ['--socket']],
  ];
  for (const [what, words, offered, asked] of cases) {
    it(`offers ${what}`, async () => {
      const answer = await complete(...words);
      expect(answer.offered).to.deep.equal(offered);
      if (asked !== undefined) expect(answer.asked).to.equal(asked);
    });
  }

  for (const shell of ['zsh', 'fish'] as const) {
    it(`offers commands, options, files, clusters and nodes in ${shell}`, async function () {
      needsShell(this, shell);
      this.timeout(60_000);
      const [, script] = await ran('completion', shell);
      const home = path.join(folder, shell);
      await mkdir(home);
      for (const name of ['my config.yaml', 'nodes.yaml'])
        await writeFile(path.join(home, name), '');
      const ASKED = path.join(folder, `asked.${shell}`);
      const known = offers.map(([words]) => `calico-controller ${words}`);
      const asking = { program: 'calico-controller', script, folder: home, programs: folder };
      const env = { ASKED, HOME: '/home/ann' };
      const answers = await wordsOffered(shell, { ...asking, lines: known, env });
      for (const [words, expected] of offers) {
        const found = answers.get(`calico-controller ${words}`) ?? [];
        // fish offers the whole word, with the option in front.
        const values = found.map((word) => word.replace(/^--[a-z]+=/, ''));
        expect(values, words).to.deep.equal(expected);
      }
      expect((await readFile(ASKED, 'utf8')).trim().split('\n')).to.deep.equal(questions);
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
