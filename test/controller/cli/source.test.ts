/** calico-controller source, as docs/controller.md has it: a person follows a file, and pushes it. */
import { expect } from 'chai';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runCli } from '../../../controller/cli/run-cli.ts';
import { eventually } from '../../support/eventually.ts';
import { configWith, Lab } from '../running.ts';

describe('calico-controller source', function () {
  this.timeout(120_000);
  let lab: Lab;
  let file: string;
  beforeEach(async () => {
    lab = await Lab.make();
    const folder = path.join(lab.folder, 'tree');
    file = path.join(folder, 'default.yaml');
    await mkdir(folder);
    const source = { folder, pattern: '{cluster}.yaml', pushes: false };
    await lab.start({ source, timing: { sourceMs: 20 } });
  });
  afterEach(() => lab.close());

  /** @returns the exit status, and what it printed */
  const run = async (...args: readonly string[]): Promise<string> => {
    const output = new PassThrough();
    const [said, status] = await Promise.all([
      text(output),
      runCli([...args, '--socket', lab.socket], {
        ...{ stdin: Readable.from([]), stdout: output, stderr: output, by: 'ann@node-0' },
        serve: () => Promise.resolve(0),
        initTools: () => Promise.reject(new Error('not used')),
        storeTools: () => Promise.reject(new Error('not used')),
      }).finally(() => output.end()),
    ]);
    return `${String(status)} ${said}`;
  };
  const shows = (...parts: readonly string[]): Promise<void> =>
    eventually(async () => {
      const said = await run('source');
      for (const part of parts) expect(said).to.contain(part);
    });

  it('says why the file changes nothing: absent, too large, with errors', async () => {
    const stays = 'state   cannot be used now; the newest revision stays: ';
    await shows('a person pushes it', `${stays}there is no file "${file}"`);
    await writeFile(file, 'x'.repeat(1024 * 1024 + 1));
    await shows(`${stays}cannot read "${file}": it is larger than 1048576 bytes`);
    await writeFile(file, 'global-as-number: many\n');
    await shows('state   refused: it has errors; the newest revision stays', `${file}:1:`);
    expect(await run('source', '--yes')).to.match(/^2 /);
    expect((await lab.status()).revision).to.equal(undefined);
  });

  it('pushes the file, and after a rollback only with --retry', async () => {
    await writeFile(file, configWith(64_513));
    await shows('waits for a person', `preview calico-controller preview ${file}`);
    expect(await run('source', '--yes')).to.match(/^0 /);
    expect((await lab.status()).revision).to.include({ number: 1, by: 'ann@node-0' });
    await shows('state   is the newest revision\n');
    expect(await run('rollback')).to.match(/^0 /);
    await shows(
      'a person rolled this content back (revision 1); calico-controller source --yes --retry brings it again',
    );
    expect(await run('source', '--yes')).to.contain('--retry');
    expect((await lab.status()).revision).to.include({ number: 1, decided: 'rolled-back' });
    expect(await run('source', '--yes', '--retry')).to.match(/^0 /);
    expect((await lab.status()).revision).to.include({ number: 2 });
  });
});
