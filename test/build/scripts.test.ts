/** The answers of every script of the project to --help and to unknown arguments. */
import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const scripts = [
  'build/package.ts',
  'build/charm/charm.ts',
  'build/bundle.ts',
  'build/schemas.ts',
  'build/docs.ts',
  'build/layers.js',
  'bench/main.ts',
  'examples/demo.ts',
];

function run(file: string, ...args: string[]): { status: number | null; out: string; err: string } {
  const command = ['--import', 'tsx', file, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
  return { status, out: stdout, err: stderr };
}

describe('the scripts of the project', function () {
  this.timeout(60_000);
  for (const file of scripts) {
    it(`${file} prints its usage with --help, and does nothing`, () => {
      const { status, out, err } = run(file, '--help');
      expect(err).to.equal('');
      expect(out).to.match(/^Usage: npm run /);
      expect(status).to.equal(0);
      expect(existsSync('--help')).to.equal(false);
    });

    it(`${file} refuses unknown arguments, without a stack trace`, () => {
      for (const args of [['--no-such-option'], ['one', 'too', 'many']]) {
        const { status, out, err } = run(file, ...args);
        expect(err).to.match(/^error: /);
        expect(err).to.not.contain('    at ');
        expect({ status, out }).to.deep.equal({ status: 2, out: '' });
      }
    });
  }

  const values: readonly (readonly [option: string, value: string])[] = [
    ['--only', 'calico'],
    ['--arch', 'x86_64'],
    ['--version', 'v1 beta'],
  ];
  for (const [option, value] of values) {
    it(`npm run package refuses ${option} "${value}" before it builds anything`, () => {
      const { status, err } = run('build/package.ts', option, value);
      expect(err).to.contain(option).and.to.contain(`'${value}' is invalid`);
      expect(status).to.equal(2);
    });
  }
});
