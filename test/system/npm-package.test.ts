/** The package of `npm pack`, installed in an empty folder. `npm test` has built the programs. */
import { expect } from 'chai';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../support/eventually.ts';

const run = promisify(execFile);

describe('the npm package', function () {
  this.timeout(300_000);
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-npm-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('runs when it is installed alone', async () => {
    const pack = ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder];
    const { stdout } = await run('npm', pack);
    const archive = path.join(folder, stdout.trim());
    const empty = path.join(folder, 'empty');
    await mkdir(empty);
    await writeFile(path.join(empty, 'package.json'), '{}');
    const install = ['install', '--no-audit', '--no-fund', '--prefer-offline', archive];
    await run('npm', install, { cwd: empty });
    const bin = path.join(empty, 'node_modules/.bin');
    const example = path.join(empty, 'node_modules/calico-agent/examples/as-per-rack');
    const check = ['check', `${example}/config.yaml`, '--nodes', `${example}/nodes.yaml`];
    await run(path.join(bin, 'calico-agent'), check, { cwd: empty });
    const { stdout: version } = await run(path.join(bin, 'calico-controller'), ['--version']);
    expect(version).to.match(/^\d+\.\d+\.\d+\n$/);
    await writeFile(path.join(empty, 'token'), 'a-token-for-tests-only\n', { mode: 0o600 });
    const socket = ['--socket', path.join(empty, 'controller.sock')];
    const places = ['--state-directory', path.join(empty, 'state'), '--listen', '127.0.0.1:0'];
    const serve = ['serve', '--token-file', 'token', ...places, ...socket];
    const controller = spawn(path.join(bin, 'calico-controller'), serve, {
      cwd: empty,
      stdio: 'ignore',
    });
    try {
      const push = ['push', `${example}/config.yaml`, ...socket];
      await eventually(() => run(path.join(bin, 'calico-controller'), push), 90_000, 200);
      const { stdout: status } = await run(path.join(bin, 'calico-controller'), [
        'status',
        ...socket,
      ]);
      expect(status).to.match(/^revision +1 /m);
    } finally {
      controller.kill();
      await once(controller, 'exit');
    }
  });
});
