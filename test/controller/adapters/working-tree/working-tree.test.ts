import { expect } from 'chai';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmod,
  mkdir,
  mkdtemp,
  readFile,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readBelow } from '../../../../controller/adapters/working-tree/read-below.ts';
import { workingTree } from '../../../../controller/adapters/working-tree/working-tree.ts';
import { failure } from '../../../support/failure.ts';
import { lacks } from '../../../support/skips/needs.cjs';

describe('a working tree with the configuration', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-source-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const tree = (pattern: string): ReturnType<typeof workingTree> =>
    workingTree({ folder, pattern, cluster: 'lab' });

  it('has the file of the cluster', async () => {
    await mkdir(path.join(folder, 'clusters'));
    await writeFile(path.join(folder, 'clusters/lab.yaml'), 'global-as-number: 64512\n');
    const { file, read } = tree('clusters/{cluster}.yaml');
    expect(file).to.equal(path.join(folder, 'clusters/lab.yaml'));
    expect(await read()).to.deep.equal({
      mediaType: 'application/yaml',
      text: 'global-as-number: 64512\n',
    });
  });

  it('is named where the file is absent, and may come later', async () => {
    const error = await failure(tree('lab.yaml').read());
    expect(error.message).to.equal(`there is no file "${path.join(folder, 'lab.yaml')}"`);
  });

  for (const pattern of ['../other.yaml', '/etc/passwd', 'a/../../b.yaml', '..', '']) {
    it(`is never left by the path "${pattern}"`, () => {
      expect(() => tree(pattern)).to.throw(`cannot follow "${pattern}": write the path of a file`);
    });
  }

  it('is never left by a symbolic link, which may name another file in it', async () => {
    const outside = await mkdtemp(path.join(tmpdir(), 'calico-secret-'));
    try {
      await writeFile(path.join(outside, 'token'), 'secret\n');
      await symlink(path.join(outside, 'token'), path.join(folder, 'lab.yaml'));
      const { code, message } = await failure(tree('lab.yaml').read());
      expect(code).to.equal('access-denied');
      expect(message).to.contain('a symbolic link to a file outside of');
      await symlink(outside, path.join(folder, 'clusters'));
      expect((await failure(tree('clusters/token').read())).code).to.equal('access-denied');
      await writeFile(path.join(folder, 'common.yaml'), 'global-as-number: 64512\n');
      await symlink('common.yaml', path.join(folder, 'east.yaml'));
      expect((await tree('east.yaml').read()).text).to.equal('global-as-number: 64512\n');
      // As git-sync does: the followed folder itself is a link.
      const link = path.join(outside, 'current');
      await symlink(folder, link);
      const linked = workingTree({ folder: link, pattern: 'common.yaml', cluster: 'lab' });
      expect((await linked.read()).text).to.equal('global-as-number: 64512\n');
    } finally {
      await rm(outside, { recursive: true });
    }
  });

  describe('in which somebody puts a link after its path was resolved', () => {
    let outside: string;
    let root: string;
    beforeEach(async () => {
      root = await realpath(folder);
      outside = await mkdtemp(path.join(tmpdir(), 'calico-secret-'));
      await writeFile(path.join(outside, 'lab.yaml'), 'secret\n');
    });
    afterEach(() => rm(outside, { recursive: true }));

    /** Reads a file as though `name` was no link when it was resolved. */
    const read = (name: string): Promise<string | undefined> =>
      readBelow({ root, real: path.join(root, name), file: name, maxBytes: 100 });

    it('reads no link in the place of the file', async () => {
      await symlink(path.join(outside, 'lab.yaml'), path.join(root, 'lab.yaml'));
      const { code, message } = await failure(read('lab.yaml'));
      expect(code).to.equal('corrupt-file');
      expect(message).to.equal('cannot read "lab.yaml": it is a symbolic link, not a file');
    });

    it('reads nothing of a folder outside that a link in the path leads to', async () => {
      await symlink(outside, path.join(root, 'clusters'));
      const { code, message } = await failure(read('clusters/lab.yaml'));
      expect(code).to.equal('access-denied');
      expect(message).to.contain('a symbolic link to a file outside of');
    });
  });

  describe('of git', () => {
    before(function () {
      if (spawnSync('git', ['--version']).status === 0) return;
      lacks('the program git', 'git', 'git');
      this.skip();
    });

    const git = (...args: readonly string[]): void => {
      const who = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org'];
      execFileSync('git', ['-C', folder, ...who, ...args], { stdio: 'ignore' });
    };
    const commit = async (text: string): Promise<void> => {
      await writeFile(path.join(folder, 'lab.yaml'), text);
      git('add', '.');
      git('commit', '-m', 'a change');
    };
    const content = (text: string) => ({ mediaType: 'application/yaml', text }) as const;

    it('is asked for no content of another size, and within a limit of memory', async () => {
      const programs = await mkdtemp(path.join(tmpdir(), 'calico-git-'));
      const before = process.env['PATH'];
      try {
        git('init');
        await commit('x'.repeat(100_000));
        const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
        const log = path.join(programs, 'log');
        const script = `#!/bin/sh\necho "$(ulimit -d) $*" >> '${log}'\nexec '${real}' "$@"\n`;
        await writeFile(path.join(programs, 'git'), script, { mode: 0o700 });
        process.env['PATH'] = `${programs}:${before ?? ''}`;
        expect(await tree('lab.yaml').commitOf(content('x'))).to.equal(undefined);
        const calls = (await readFile(log, 'utf8')).trimEnd().split('\n');
        expect(calls.filter((call) => call.includes('cat-file blob'))).to.deep.equal([]);
        for (const call of calls) expect(call).to.match(/^524288 .* core\.bigFileThreshold=1m /);
        const found = await tree('lab.yaml').commitOf(content('x'.repeat(100_000)));
        expect(found?.author).to.equal('Ann <ann@example.org>');
      } finally {
        process.env['PATH'] = before;
        await rm(programs, { recursive: true });
      }
    });

    it('names the commit with this content and its author', async () => {
      git('init');
      await commit('global-as-number: 64512\n');
      await writeFile(path.join(folder, 'other'), '');
      git('add', '.');
      git('commit', '-m', 'another file');
      const found = await tree('lab.yaml').commitOf(content('global-as-number: 64512\n'));
      const id = execFileSync('git', ['-C', folder, 'rev-parse', 'HEAD~1'], { encoding: 'utf8' });
      expect(found).to.deep.equal({ id: id.trim(), author: 'Ann <ann@example.org>' });
    });

    it('names no commit for a content that is not committed', async () => {
      git('init');
      await commit('global-as-number: 64512\n');
      expect(await tree('lab.yaml').commitOf(content('global-as-number: 64513\n'))).to.equal(
        undefined,
      );
    });

    it('starts no program that the repository names', async () => {
      git('init');
      const witness = path.join(folder, 'started');
      const program = path.join(folder, 'program');
      await writeFile(program, `#!/bin/sh\ntouch ${witness}\n`);
      await chmod(program, 0o755);
      await commit('one\n');
      git('config', 'core.fsmonitor', program);
      git('config', 'core.pager', program);
      git('config', 'core.hooksPath', folder);
      git('config', 'log.showSignature', 'true');
      git('config', 'gpg.program', program);
      expect(await tree('lab.yaml').commitOf(content('one\n'))).not.to.equal(undefined);
      expect(spawnSync('test', ['-e', witness]).status).to.equal(1);
    });

    it('fetches nothing that a partial clone lacks', async () => {
      git('init');
      const witness = path.join(folder, 'started');
      await commit('one\n');
      const blob = execFileSync('git', ['-C', folder, 'rev-parse', 'HEAD:lab.yaml'], {
        encoding: 'utf8',
      }).trim();
      await rm(path.join(folder, '.git/objects', blob.slice(0, 2), blob.slice(2)));
      git('config', 'core.repositoryformatversion', '1');
      git('config', 'extensions.partialClone', 'origin');
      git('config', 'remote.origin.promisor', 'true');
      git('config', 'protocol.ext.allow', 'always');
      git('config', 'remote.origin.url', `ext::sh -c touch% ${witness}`);
      expect(await tree('lab.yaml').commitOf(content('one\n'))).to.equal(undefined);
      expect(spawnSync('test', ['-e', witness]).status).to.equal(1);
    });

    it('knows whether it has a commit', async () => {
      git('init');
      await commit('one\n');
      const id = execFileSync('git', ['-C', folder, 'rev-parse', 'HEAD'], { encoding: 'utf8' });
      expect(await tree('lab.yaml').isPast(id.slice(0, 12))).to.equal(true);
      expect(await tree('lab.yaml').isPast('0123456789ab')).to.equal(false);
    });
  });

  it('has no commit where it is none of git', async () => {
    const none = await tree('lab.yaml').commitOf({ mediaType: 'application/yaml', text: '' });
    expect(none).to.equal(undefined);
  });
});
