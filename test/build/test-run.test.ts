/**
 * `npm test` on test files for this purpose: its output, its end, and the processes that it leaves.
 */
import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inOrder, nextToRun, type TestFile } from '../support/run/files.ts';
import { eventually } from '../support/eventually.ts';

const needs = path.resolve('test/support/skips/needs.cjs');

describe('a run of all tests', function () {
  this.timeout(60_000);
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-tests-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const write = async (name: string, text: string): Promise<void> => {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  };
  const start = (
    ...args: readonly string[]
  ): {
    readonly child: ChildProcess;
    readonly ended: Promise<Ended>;
    /** Until now. */
    readonly printed: () => string;
  } => {
    const command = ['--import', 'tsx', 'test/support/run/main.ts', ...args];
    const env = { ...process.env, CI: '', PATH: process.env['PATH'] ?? '' };
    const child = spawn(process.execPath, command, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        out += text;
      });
    const ended = new Promise<Ended>((resolve) => {
      child.once('close', (status) => resolve({ status, out }));
    });
    return { child, ended, printed: () => out };
  };

  it('prints each file in one piece, and the totals of all in one line', async () => {
    // Each waits for the other one, so they run at the same time.
    const waiting = (own: string, other: string): string => `
      import { access, writeFile } from 'node:fs/promises';
      describe('${own}', () => {
        it('first of ${own}', async () => {
          await writeFile('${folder}/${own}', '');
          for (;;) if (await access('${folder}/${other}').then(() => true, () => false)) return;
        });
        it('second of ${own}', () => undefined);
      });`;
    await write('a.test.ts', waiting('a', 'b'));
    await write('below/b.test.ts', waiting('b', 'a'));
    const { status, out } = await start('--jobs', '2', folder).ended;
    for (const name of ['a', 'b']) {
      expect(out).to.match(
        new RegExp(`  ${name}\n    ✔ first of ${name}.*\n    ✔ second of ${name}`),
      );
    }
    expect(out).to.match(/\n4 passed, 0 failed, 0 skipped\n$/);
    expect(status).to.equal(0);
  });

  it('ends with the failures in full, and fails', async () => {
    await write('a.test.ts', `it('holds', () => { throw new Error('it does not hold'); });`);
    await write('b.test.ts', `it('is there', () => undefined);`);
    const { status, out } = await start(folder).ended;
    expect(out.slice(out.indexOf('\nFailed:'))).to.contain('Error: it does not hold');
    expect(out).to.match(/\n1 passed, 1 failed, 0 skipped\n$/);
    expect(status).to.equal(1);
  });

  it('fails when a file cannot be loaded, or ends its process, and runs the others', async () => {
    await write('a.test.ts', `import './nowhere.ts';`);
    await write('b.test.ts', `it('ends it', () => process.exit(0));`);
    await write('c.test.ts', `it('is there', () => undefined);`);
    const { status, out } = await start('--jobs', '1', folder).ended;
    expect(out).to.contain(`${folder}/a.test.ts cannot be loaded:`).and.to.contain('nowhere.ts');
    expect(out).to.contain(`${folder}/b.test.ts: its process ended with 0`);
    expect(out).to.match(/\n1 passed, 2 failed, 0 skipped\n$/);
    expect(status).to.equal(1);
  });

  it('sums up the skipped tests of all files, and how to install the missing programs', async () => {
    const lacking = (what: string, name: string): string => `
      import { lacks } from '${needs}';
      it('with ${what}', function () { lacks('${what}', '${name}'); this.skip(); });`;
    await write('a.test.ts', lacking('a bridge', 'bridge-utils'));
    await write('b.test.ts', lacking('a hammer', 'hammer'));
    const { status, out } = await start('--jobs', '2', folder).ended;
    expect(out.slice(out.indexOf('\nSkipped:')).split('\n')).to.have.members([
      ...[
        '',
        'Skipped:',
        '  with a bridge',
        '  with a hammer',
        '  needs a bridge',
        '  needs a hammer',
      ],
      out.includes('bridge-utils hammer')
        ? '  install: sudo apt-get install bridge-utils hammer'
        : '  install: sudo apt-get install hammer bridge-utils',
      ...['0 passed, 0 failed, 2 skipped', ''],
    ]);
    expect(status).to.equal(0);
  });

  it('runs only the tests that --grep selects', async () => {
    await write('a.test.ts', `it('one', () => undefined); it('two', () => undefined);`);
    await write('b.test.ts', `it('three', () => undefined);`);
    const { out } = await start('--grep', 'one|three', folder).ended;
    expect(out).to.match(/\n2 passed, 0 failed, 0 skipped\n$/);
  });

  it('refuses a place without tests', async () => {
    const { status, out } = await start(`${folder}/*.test.ts`).ended;
    expect(out).to.equal(
      `error: cannot find tests at "${folder}/*.test.ts": name files or folders, without patterns\n`,
    );
    expect(status).to.equal(1);
  });

  it('lets the running tests clean up when it is interrupted, and starts no others', async () => {
    const at = (name: string): string => path.join(folder, name);
    await write(
      'a.test.ts',
      `import { access, writeFile } from 'node:fs/promises';
       const isThere = (file) => access(file).then(() => true, () => false);
       after(() => writeFile('${at('cleaned-up')}', ''));
       it('is under way', async () => {
         await writeFile('${at('started')}', String(process.pid));
         while (!(await isThere('${at('interrupted')}')))
           await new Promise((resolve) => setTimeout(resolve, 50));
       });
       it('comes next', () => writeFile('${at('went-on')}', ''));`,
    );
    await write('b.test.ts', `it('is not started', () => undefined);`);
    const { child, ended, printed } = start('--jobs', '1', folder);
    await eventually(() => access(at('started')));
    child.kill('SIGINT');
    await eventually(() => expect(printed()).to.contain('ending the tests that run'));
    await writeFile(at('interrupted'), '');
    const { status, out } = await ended;
    expect(status).to.equal(130);
    expect(out).to.not.contain('is not started');
    await access(at('cleaned-up'));
    expect(await access(at('went-on')).catch(() => 'absent')).to.equal('absent');
  });

  describe('the order of the files', () => {
    const file = (name: string, uses: readonly number[] = [], isAlone = false): TestFile => ({
      file: name,
      uses,
      isAlone,
    });
    it('has files that share something one after the other', () => {
      const files = [file('a', [0]), file('b', [0, 1]), file('c', [1])];
      expect(nextToRun(files.slice(1), files.slice(0, 1))?.file).to.equal('c');
      expect(nextToRun(files.slice(1, 2), files.slice(2))).to.equal(undefined);
    });
    it('has exclusive files before the others, while nothing else runs', () => {
      const alone = file('alone', [], true);
      const files = inOrder([file('a'), file('b', [0]), alone]);
      expect(files.map((one) => one.file)).to.deep.equal(['alone', 'b', 'a']);
      expect(nextToRun(files, [])).to.equal(alone);
      expect(nextToRun(files.slice(1), [alone])).to.equal(undefined);
      expect(nextToRun([alone], [file('a')])).to.equal(undefined);
    });
  });
});

interface Ended {
  readonly status: number | null;
  readonly out: string;
}
