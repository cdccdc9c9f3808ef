import { expect } from 'chai';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeFileAtomic } from '../../runtime/atomic-file.ts';
import { fromSystemError } from '../../runtime/errors.ts';
import { readJsonFile } from '../../runtime/read-json-file.ts';
import { readTextFile } from '../../runtime/read-text-file.ts';
import { failure } from '../support/failure.ts';

interface Thing {
  readonly formatVersion: 1;
}
const isThing = (data: unknown): data is Thing =>
  typeof data === 'object' && data !== null && 'formatVersion' in data && data.formatVersion === 1;

describe('files of a daemon', () => {
  let folder: string;
  let warnings: string[];
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-files-'));
    warnings = [];
  });
  afterEach(() => rm(folder, { recursive: true }));

  const at = (name: string): string => path.join(folder, name);
  const read = (name: string): Promise<Thing | undefined> =>
    readJsonFile(at(name), {
      maxBytes: 100,
      formatVersion: 1,
      isValid: isThing,
      logger: { warn: (message) => void warnings.push(message) },
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

  it('says that the disk is full, and that waiting may help', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    const error = fromSystemError('cannot write "x"', full);
    expect(error).to.include({ code: 'disk-full', retryable: true });
    expect(error.message).to.equal('cannot write "x": the disk is full');
  });

  it('reads nothing where there is no file', async () => {
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

  it('refuses a file of a newer version and leaves it where it is', async () => {
    await writeFile(at('a'), '{"formatVersion":2,"more":true}');
    const error = await failure(read('a'));
    expect(error.code).to.equal('newer-format');
    expect(error.message).to.contain('format version 2');
    expect(await readdir(folder)).to.deep.equal(['a']);
  });

  it('does not take for corrupt what it cannot read at all', async () => {
    await mkdir(at('a'));
    expect((await failure(read('a'))).code).to.equal('io-failed');
    expect(await readdir(folder)).to.deep.equal(['a']);
  });
});
