import { expect } from 'chai';
import { execFile } from 'node:child_process';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { writeFileAtomic } from '../../../runtime/files/atomic-file.ts';
import { fromSystemError } from '../../../runtime/errors.ts';
import { readJsonFile } from '../../../runtime/files/read-json-file.ts';
import { readTextFile } from '../../../runtime/files/read-text-file.ts';
import { replaceFile } from '../../../runtime/files/replace-file.ts';
import { keptAside } from '../../../runtime/files/set-aside.ts';
import { failure } from '../../support/failure.ts';

const run = promisify(execFile);

interface Thing {
  readonly formatVersion: 1;
}
const isThing = (data: unknown): data is Thing =>
  typeof data === 'object' && data !== null && 'formatVersion' in data && data.formatVersion === 1;

describe('files of a daemon', () => {
  let folder: string;
  let warnings: string[];
  let reasons: string[];
  let servers: Server[];
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-files-'));
    warnings = [];
    reasons = [];
    servers = [];
  });
  afterEach(async () => {
    for (const server of servers) server.close();
    await rm(folder, { recursive: true });
  });

  const listen = (socket: string): Promise<void> =>
    new Promise((resolve) => {
      servers.push(createServer().listen(socket, resolve));
    });

  const at = (name: string): string => path.join(folder, name);
  const read = (name: string): Promise<Thing | undefined> =>
    readJsonFile(at(name), {
      maxBytes: 100,
      formatVersion: 1,
      isValid: isThing,
      logger: {
        warn: (message, details) => {
          warnings.push(message);
          reasons.push(String(details?.['reason']));
        },
      },
    });

  it('writes a file whole, with its mode, and leaves nothing beside it', async () => {
    await writeFileAtomic(at('a'), 'one');
    await writeFileAtomic(at('a'), 'two', { mode: 0o644 });
    expect(await readFile(at('a'), 'utf8')).to.equal('two');
    expect((await stat(at('a'))).mode & 0o777).to.equal(0o644);
    expect(await readdir(folder)).to.deep.equal(['a']);
  });

  it('keeps the old content and cleans up when writing fails', async () => {
    await mkdir(at('folder'));
    await writeFile(at('folder/inside'), 'old');
    const error = await failure(writeFileAtomic(at('folder'), 'new'));
    expect(error.message).to.contain(`cannot write "${at('folder')}"`);
    expect(await readdir(folder)).to.deep.equal(['folder']);
    expect(await readFile(at('folder/inside'), 'utf8')).to.equal('old');
  });

  it('reports that the disk is full, and that waiting may help', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    const error = fromSystemError('cannot write "x"', full);
    expect(error).to.include({ code: 'disk-full', retryable: true });
    expect(error.message).to.equal('cannot write "x": the disk is full; free some space on it');
  });

  it('reads nothing when there is no file', async () => {
    expect(await readTextFile(at('none'), 10)).to.equal(undefined);
    expect(await read('none')).to.equal(undefined);
    expect(warnings).to.deep.equal([]);
  });

  it('reads up to the bound and not a byte more', async () => {
    await writeFile(at('a'), 'x'.repeat(10));
    expect(await readTextFile(at('a'), 10)).to.equal('x'.repeat(10));
    expect((await failure(readTextFile(at('a'), 9))).code).to.equal('payload-too-large');
    expect(await readTextFile('/proc/self/comm', 100)).to.match(/./);
    expect((await failure(readTextFile('/proc/self/status', 10))).code).to.equal(
      'payload-too-large',
    );
  });

  const corrupt: readonly [string, string | Buffer][] = [
    ['no JSON', '{"formatVersion":1'],
    ['JSON of another form', '{"formatVersion":"1"}'],
    ['empty', ''],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['too large', ' '.repeat(101)],
  ];
  for (const [what, content] of corrupt) {
    it(`sets a corrupt file aside, never over another one: ${what}`, async () => {
      await writeFile(at('a'), content);
      await writeFile(at('a.corrupt-1'), 'older');
      expect(await read('a')).to.equal(undefined);
      expect((await readdir(folder)).sort()).to.deep.equal(['a.corrupt-1', 'a.corrupt-2']);
      expect(await readFile(at('a.corrupt-2'))).to.deep.equal(Buffer.from(content));
      expect(await readFile(at('a.corrupt-1'), 'utf8')).to.equal('older');
      expect(warnings).to.have.length(1);
    });
  }

  it('refuses a file of a newer version and keeps it', async () => {
    await writeFile(at('a'), '{"formatVersion":2,"more":true}');
    const error = await failure(read('a'));
    expect(error.code).to.equal('newer-format');
    expect(error.message).to.contain('format version 2');
    expect(await readdir(folder)).to.deep.equal(['a']);
  });

  const others: readonly [string, string, () => Promise<unknown>][] = [
    ['a folder', 'a folder', () => mkdir(at('a'))],
    ['a named pipe', 'a named pipe', () => run('mkfifo', [at('a')])],
    ['a socket', 'a device or a socket', () => listen(at('a'))],
    ['a link', 'a symbolic link', () => symlink('/etc/passwd', at('a'))],
    ['a link to nothing', 'a symbolic link', () => symlink('/nowhere', at('a'))],
  ];
  for (const [what, kind, make] of others) {
    it(`sets aside a path that is not a file, without waiting for it: ${what}`, async () => {
      await make();
      expect(await read('a')).to.equal(undefined);
      expect(await readdir(folder)).to.deep.equal(['a.corrupt-1']);
      expect(reasons).to.deep.equal([`cannot read "${at('a')}": it is ${kind}, not a file`]);
    });
  }

  it('refuses pipes and devices, follows links, and reads a pipe on request', async () => {
    await run('mkfifo', [at('pipe')]);
    await writeFile(at('file'), 'text');
    await symlink('file', at('link'));
    expect((await failure(readTextFile(at('pipe'), 10))).message).to.contain('it is a named pipe');
    expect((await failure(readTextFile('/dev/zero', 10))).message).to.contain('it is a device');
    expect(await readTextFile(at('link'), 10)).to.equal('text');
    const [text] = await Promise.all([
      readTextFile(at('pipe'), 10, { pipes: true }),
      writeFile(at('pipe'), 'piped'),
    ]);
    expect(text).to.equal('piped');
  });

  it('replaces the text of a file, and keeps its owner, group, mode and the link to it', async () => {
    await writeFile(at('file'), 'old');
    await chmod(at('file'), 0o640);
    if (process.geteuid?.() === 0) await chown(at('file'), 1234, 5678);
    await symlink('file', at('link'));
    const { uid, gid, mode } = await stat(at('file'));
    await replaceFile(at('link'), 'new');
    expect(await readTextFile(at('file'), 10)).to.equal('new');
    expect(await stat(at('file'))).to.include({ uid, gid, mode });
  });

  it('keeps only the newest of the files that were set aside', async () => {
    for (let index = 1; index <= keptAside + 3; index += 1) {
      await writeFile(at('a'), `bad ${String(index)}`);
      await utimes(at('a'), index, index);
      expect(await read('a')).to.equal(undefined);
    }
    const names = await readdir(folder);
    expect(names).to.have.length(keptAside);
    expect(names)
      .to.include(`a.corrupt-${String(keptAside + 3)}`)
      .and.not.include('a.corrupt-3');
  });
});
