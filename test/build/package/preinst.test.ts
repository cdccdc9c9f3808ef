import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { lacks } from '../../support/skips/needs.cjs';

describe('before a package is installed', () => {
  before(function () {
    if (spawnSync('dpkg', ['--version']).error === undefined) return;
    lacks('the program dpkg', 'dpkg');
    this.skip();
  });

  for (const name of ['calico-agent', 'calico-controller']) {
    const run = async (...args: readonly string[]): Promise<number | null> => {
      const file = `build/package/deb/${name}.preinst`;
      const text = (await readFile(file, 'utf8')).replaceAll('@VERSION@', '0.9.0');
      return spawnSync('sh', ['-c', text, 'preinst', ...args]).status;
    };

    it(`${name} refuses to follow a newer one, also one that left only its state`, async () => {
      for (const [args, status] of [
        [['install'], 0],
        [['install', ''], 0],
        [['upgrade', '0.8.0', '0.9.0'], 0],
        [['install', '0.8.0', '0.9.0'], 0],
        [['upgrade', '0.10.0', '0.9.0'], 1],
        [['install', '0.10.0', '0.9.0'], 1],
        [['abort-upgrade', '0.10.0'], 0],
      ] as const) {
        expect(await run(...args), args.join(' ')).to.equal(status);
      }
    });
  }
});
