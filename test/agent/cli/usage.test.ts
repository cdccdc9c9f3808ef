import { Writable } from 'node:stream';
import { expect } from 'chai';
import { inFolder, run } from './run-command.ts';

const commandNames = [
  'check',
  'render',
  'plan',
  'apply',
  'status',
  'peers',
  'resources',
  'history',
  'watch',
  'events',
  'drift',
  'hold',
  'release-hold',
  'adopt',
  'release',
  'export',
  'stale-nodes',
  'lxd',
  'doctor',
  'support-bundle',
  'run',
  'completion',
];

describe('calico-agent', () => {
  it('shows all commands, examples and exit statuses in its help', async () => {
    const { status, stdout } = await run(['--help']);
    expect(status).to.equal(0);
    for (const name of commandNames) expect(stdout).to.match(new RegExp(`^  ${name} `, 'm'));
    expect(stdout).to.contain('Examples:').and.contain('Exit status: 0 done, 1 failed, 2 refused');
  });

  for (const name of commandNames) {
    it(`shows examples in the help of ${name}`, async () => {
      const { status, stdout, stderr } = await run([name, '--help']);
      expect([status, stderr]).to.deep.equal([0, '']);
      expect(stdout).to.match(new RegExp(`Usage: calico-agent ${name} `));
      expect(stdout).to.match(new RegExp(`Examples:\n  # .*\n  .*calico-agent ${name}`));
    });
  }

  it('shows examples and all options in the help of stale-nodes remove', async () => {
    const { status, stdout } = await run(['stale-nodes', 'remove', '--help']);
    expect(status).to.equal(0);
    for (const word of ['--force', '--yes', '--nodes <nodes>', '--socket <path>', 'Examples:']) {
      expect(stdout).to.contain(word);
    }
  });

  it('shows its version', async () => {
    const { status, stdout } = await run(['--version']);
    expect(status).to.equal(0);
    expect(stdout).to.match(/^\d+\.\d+\.\d+\n$/);
  });

  const wrong: readonly (readonly [string, readonly string[], string])[] = [
    ['no command', [], 'Usage: calico-agent'],
    ['an unknown command', ['chek'], "unknown command 'chek'\n(Did you mean check?)"],
    ['a missing configuration', ['check'], "missing required argument 'config'"],
    ['an unknown option', ['check', '--nods', 'x'], '(Did you mean --nodes?)'],
    ['an argument too many', ['check', 'a', 'b'], "too many arguments for 'check'"],
    ['a hold without a reason', ['hold', '--why', ' '], 'It is a text of 1 to 1024 characters.'],
    ['a missing option', ['render', 'a'], "required option '--nodes <nodes>' not specified"],
    ['an unknown form', ['status', '-o', 'xml'], 'Allowed choices are text, yaml, json.'],
    [
      'an option of another datastore',
      ['export', '--from', 'etcd', '--directory', '/x'],
      'cannot export from etcd with --directory',
    ],
    [
      'options of two datastores',
      ['export', '--directory', '/x', '--context', 'y'],
      'cannot export from files with --context',
    ],
    ['stale nodes without a name', ['stale-nodes', 'remove'], "missing required argument 'name'"],
    ['an unknown tool', ['render', 'a', '--nodes', 'b', '--for', 'helm'], 'calicoctl, kubectl'],
    ['a wait that is no number', ['apply', 'a', '--wait', 'long'], 'It is a number of seconds'],
    ['a wait that is too long', ['apply', 'a', '--wait', '3601'], 'at most 3600'],
    ['a wait that is negative', ['apply', 'a', '--wait', '-1'], '-1'],
    ['two inputs from stdin', ['check', '-', '--nodes', '-'], 'both: give one as a file'],
    [
      'whole Nodes for another tool than calicoctl',
      ['render', 'a', '--nodes', 'b', '--for', 'kubectl', '--with-nodes'],
      'cannot render whole Nodes for kubectl',
    ],
  ];
  for (const [what, argv, message] of wrong) {
    it(`refuses ${what} with exit status 2`, async () => {
      const { status, stdout, stderr } = await run(argv);
      expect(stderr).to.contain(message);
      expect([status, stdout]).to.deep.equal([2, '']);
    });
  }

  const unreadable: readonly (readonly [string, string, string])[] = [
    ['a file that is not there', '/nowhere/config.yaml', 'there is no such file'],
    ['a directory', '/tmp', 'it is a directory'],
  ];
  for (const [what, file, reason] of unreadable) {
    it(`refuses ${what} in plain words`, async () => {
      for (const argv of [
        ['check', file],
        ['apply', file],
        ['plan', file],
      ]) {
        const ran = await run(argv);
        expect(ran).to.deep.equal({
          status: 2,
          stdout: '',
          stderr: `calico-agent: cannot read "${file}": ${reason}\n`,
        });
      }
    });
  }

  it('refuses a configuration beyond 1 MiB, and one that is not UTF-8', async () => {
    const large = await run(['check', '-'], { input: `#${'x'.repeat(1024 * 1024)}` });
    expect(large).to.include({
      status: 2,
      stderr: 'calico-agent: cannot read stdin: it is larger than 1048576 bytes\n',
    });
    const utf16 = await run(['check', '-'], { input: Buffer.from([0xff, 0xfe, 0x61, 0x00]) });
    expect(utf16).to.include({
      status: 2,
      stderr:
        'calico-agent: cannot read stdin: it is UTF-16 text; save it as UTF-8: iconv -f UTF-16 -t UTF-8\n',
    });
    const binary = await run(['check', '-'], { input: Buffer.from([0x61, 0xff, 0x00]) });
    expect(binary).to.include({
      status: 2,
      stderr: 'calico-agent: cannot read stdin: it is not UTF-8 text; file FILE shows what it is\n',
    });
  });

  it('says how to start the daemon when none listens', async () => {
    await inFolder(async (folder) => {
      for (const argv of [['status'], ['drift'], ['apply', '-', '--wait', '1']]) {
        const ran = await run([...argv, '--socket', `${folder}/agent.sock`]);
        expect(ran.status).to.equal(1);
        expect(ran.stderr).to.equal(
          `calico-agent: cannot connect to "${folder}/agent.sock": no program listens there; ` +
            'start it with: systemctl start calico-agent, or calico-agent run\n',
        );
      }
    });
  });

  it('fails when its output cannot be written', async () => {
    const full = new Writable({
      write: (_chunk, _encoding, done) => done(new Error('the disk is full')),
    });
    expect(await run(['completion', 'bash'], { stdout: full })).to.deep.equal({
      status: 1,
      stdout: '',
      stderr: 'calico-agent: the disk is full\n',
    });
  });

  it('passes the settings of run on', async () => {
    const settings: unknown[] = [];
    const { status } = await run(['run', '--config', './agent.yaml'], {
      runAgent: (given) => {
        settings.push(given);
        return Promise.resolve(1);
      },
    });
    expect(status).to.equal(1);
    expect(settings).to.deep.equal([{ config: './agent.yaml' }]);
  });
});
