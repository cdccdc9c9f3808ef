/**
 * The built controller over a damaged or full disk: it answers, reports the fault, and agents keep
 * their configuration.
 */
import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import {
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createUnixHttpClient } from '../../runtime/http/unix-client.ts';
import { eventually } from '../support/eventually.ts';
import { startVictim, type Victim } from './processes/victim.ts';

const config = 'global-as-number: 65001\n';

interface Status {
  readonly problem?: string;
  readonly revision?: { readonly number: number };
}

describe('a controller whose state directory is damaged', function () {
  this.timeout(180_000);
  let folder: string;
  let victims: Victim[];
  let mounted: string | undefined;
  const at = (name: string): string => path.join(folder, name);

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-controller-hostile-'));
    victims = [];
    mounted = undefined;
    await writeFile(at('token'), 'a-token-for-tests-only\n', { mode: 0o600 });
    await mkdir(at('state'));
  });
  afterEach(async () => {
    await Promise.all(victims.map((victim) => victim.stop()));
    if (mounted !== undefined) spawnSync('umount', [mounted]);
    await rm(folder, { recursive: true, force: true });
  });

  const start = async (): Promise<Victim> => {
    const argv = ['serve', '--token-file', at('token'), '--listen', '127.0.0.1:0'];
    const places = ['--state-directory', at('state'), '--socket', at('controller.sock')];
    const socket = at('controller.sock');
    const victim = await startVictim('calico-controller', [...argv, ...places], socket);
    victims.push(victim);
    return victim;
  };
  const statusOf = async (victim: Victim): Promise<Status> =>
    JSON.parse((await victim.status(at('controller.sock'))).body);
  const push = (): Promise<{ readonly body: string }> =>
    createUnixHttpClient(at('controller.sock'), { startHint: '' }).request({
      method: 'PUT',
      path: '/v1/config',
      body: config,
      mediaType: 'application/yaml',
      timeoutMs: 30_000,
    });
  const codeOf = async (asked: Promise<unknown>): Promise<unknown> =>
    Reflect.get(Object(await asked.catch((error: unknown) => error)), 'code');
  const prepare = async (): Promise<void> => {
    const victim = await start();
    await push();
    await victim.stop();
  };
  const replace = async (name: string, make: (file: string) => Promise<unknown>): Promise<void> => {
    await rm(at(name), { recursive: true });
    await make(at(name));
  };

  interface Case {
    readonly what: string;
    readonly damage: () => Promise<unknown>;
    readonly says: RegExp;
    readonly mend: () => Promise<unknown>;
  }
  const moveStoreAway = async (): Promise<void> => {
    await rename(at('state/store.db'), at('old.db'));
    await rm(at('state/store.db-wal'), { force: true });
  };
  const cases: readonly Case[] = [
    {
      what: 'a store that is another file',
      damage: () => writeFile(at('state/store.db'), 'x'.repeat(10_000)),
      says: /store\.db": it is damaged .*move store\.db and store\.db-wal away/,
      mend: moveStoreAway,
    },
    {
      what: 'an empty file in the place of the store',
      damage: () => writeFile(at('state/store.db'), ''),
      says: /store\.db": it is damaged \(it is empty\)/,
      mend: moveStoreAway,
    },
    {
      what: 'a flipped bit in the newest revision',
      damage: async () => {
        // Nothing is left in SQLite's log then, which would count instead of the damaged page.
        await (await start()).stop('SIGTERM');
        const file = await readFile(at('state/store.db'));
        file.write('65009', file.lastIndexOf('65001'));
        await writeFile(at('state/store.db'), file);
      },
      says: /store\.db": it is damaged \(the revision "default\/0*1" does not have its checksum\)/,
      mend: moveStoreAway,
    },
    {
      what: 'a named pipe in the place of the store',
      damage: () =>
        replace('state/store.db', (file) => Promise.resolve(spawnSync('mkfifo', [file]))),
      says: /store\.db": it is damaged \(it is no regular file\)/,
      mend: moveStoreAway,
    },
    {
      what: 'a link in the place of the store',
      damage: () => replace('state/store.db', (file) => symlink('/dev/zero', file)),
      says: /store\.db": it is a symbolic link to "\/dev\/zero"; stop the controller/,
      mend: moveStoreAway,
    },
    {
      what: 'files of a newer version in the place of the store',
      damage: async () => {
        await rm(at('state/store.db'));
        await rm(at('state/store.db-wal'), { force: true });
        await writeFile(at('state/fleet.json'), '{"formatVersion":2}');
      },
      says: /format version 2.*agents keep their configuration/,
      mend: () => rm(at('state/fleet.json')),
    },
  ];
  for (const { what, damage, says, mend } of cases) {
    it(`answers, changes nothing, and goes on by itself once it is mended: ${what}`, async () => {
      await prepare();
      await damage();
      const isKept = (name: string): boolean => !/^lock$|\.lock$|-wal$/.test(name);
      const before = (await readdir(at('state'))).filter(isKept);
      const victim = await start();
      const { problem } = await statusOf(victim);
      expect(problem).to.match(says);
      expect(problem).to.match(/agents keep their configuration; the controller tries again$/);
      expect(problem?.match(/agents keep/g)).to.have.length(1);
      expect(await codeOf(push())).to.equal('not-ready');
      expect((await readdir(at('state'))).filter(isKept)).to.deep.equal(before);
      await mend();
      await eventually(async () => {
        expect((await statusOf(victim)).problem).to.equal(undefined);
      });
      await push();
    });
  }

  it('starts on a full disk, reports it, and has everything again when there is room', async function () {
    const argv = ['-t', 'tmpfs', '-o', 'size=96k,mode=0700', 'tmpfs', at('state')];
    if (spawnSync('mount', argv).status !== 0) return this.skip();
    mounted = at('state');
    await prepare();
    await rm(at('state/lock'));
    spawnSync('dd', ['if=/dev/zero', `of=${at('state/filler')}`, 'bs=4096']);
    const victim = await start();
    expect((await statusOf(victim)).problem).to.match(/the disk is full.*agents keep/);
    expect(await codeOf(push())).to.equal('not-ready');
    await rm(at('state/filler'));
    await eventually(async () => {
      expect(await statusOf(victim)).to.deep.include({ known: 0 });
      expect((await statusOf(victim)).revision?.number).to.equal(1);
    });
    expect(victim.log.filter((line) => line.includes('cannot begin to work'))).to.have.length(1);
  });
});
