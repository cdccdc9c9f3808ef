import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AppError } from '../../../runtime/errors.ts';
import { lockFolder } from '../../../runtime/files/process-lock.ts';

describe('one process per folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-lock-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const code = (error: unknown): string => (error instanceof AppError ? error.code : String(error));

  it('refuses a second one, and names the process that holds it', async () => {
    const lock = await lockFolder(folder);
    const error: unknown = await lockFolder(folder).catch((reason: unknown) => reason);
    expect(code(error)).to.equal('already-running');
    expect(String(error)).to.contain(`process ${String(process.pid)}`);
    await lock.release();
    expect(await readdir(folder)).to.deep.equal([]);
  });

  it('makes the folder when there is none', async () => {
    await (await lockFolder(path.join(folder, 'a/b'))).release();
  });

  it('says that a file is in the way', async () => {
    await writeFile(path.join(folder, 'file'), '');
    for (const name of ['file', 'file/state', 'file/state/deeper']) {
      const error: unknown = await lockFolder(path.join(folder, name)).catch(
        (reason: unknown) => reason,
      );
      expect(code(error)).to.equal('io-failed');
      expect(String(error)).to.contain('a part of its path, is a file and no folder');
    }
  });

  it('takes over from a process that was killed', async () => {
    const script = `
      import { lockFolder } from ${JSON.stringify(path.resolve('runtime/files/process-lock.ts'))};
      await lockFolder(${JSON.stringify(folder)});
      process.kill(process.pid, 'SIGKILL');`;
    const dead = spawnSync(process.execPath, [
      '--import',
      'tsx',
      '--input-type=module',
      '-e',
      script,
    ]);
    expect(dead.signal).to.equal('SIGKILL');
    expect(await readdir(folder)).to.deep.equal(['lock']);
    await (await lockFolder(folder)).release();
  });

  it('is not held up by another process that got the same number', async () => {
    await (await lockFolder(folder)).release();
    await writeFile(path.join(folder, 'lock'), `${String(process.pid)} 1 another-boot`);
    const lock = await lockFolder(folder);
    expect(await readFile(path.join(folder, 'lock'), 'utf8')).to.not.contain('another-boot');
    await lock.release();
  });

  it('lets one of many win a lock that is stale', async () => {
    await writeFile(path.join(folder, 'lock'), '1 1 another-boot');
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(folder)));
    expect(tries.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
    expect(await readdir(folder)).to.deep.equal(['lock']);
  });

  const others: readonly [string, (file: string) => Promise<unknown>][] = [
    ['a folder', (file) => mkdir(file)],
    ['a link to nothing', (file) => symlink('/nowhere', file)],
    ['a link to a file', (file) => symlink('/etc/passwd', file)],
    ['a named pipe', (file) => Promise.resolve(spawnSync('mkfifo', [file]))],
    ['a large file', (file) => writeFile(file, 'x'.repeat(100_000))],
  ];
  for (const [what, make] of others) {
    it(`sets aside a path that is not a lock: ${what}`, async () => {
      await make(path.join(folder, 'lock'));
      const lock = await lockFolder(folder);
      expect((await readdir(folder)).sort()).to.deep.equal(['lock', 'lock.corrupt-1']);
      await lock.release();
    });
  }

  it('treats an empty lock, as a power loss may leave it, as stale', async () => {
    await writeFile(path.join(folder, 'lock'), '');
    await (await lockFolder(folder)).release();
  });

  it('removes the remains of processes that were killed while they locked', async () => {
    const { pid } = spawnSync('true');
    await writeFile(path.join(folder, `lock.${String(pid)}-abc123`), '');
    await writeFile(path.join(folder, `lock.${String(process.pid)}-abc123`), '');
    await writeFile(path.join(folder, 'lock.of-a-person'), '');
    const lock = await lockFolder(folder);
    expect((await readdir(folder)).sort()).to.deep.equal(['lock', 'lock.of-a-person']);
    await lock.release();
  });
});
