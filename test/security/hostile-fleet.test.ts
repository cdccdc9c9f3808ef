/**
 * The built controller over a damaged or full disk: it answers, reports the fault, and agents keep
 * their configuration.
 */
import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
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
  this.timeout(60_000);
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
  const stops: readonly Case[] = [
    {
      what: 'a list of nodes of a newer version',
      damage: () => writeFile(at('state/fleet.json'), '{"formatVersion":2}'),
      says: /format version 2.*agents keep their configuration/,
      mend: () => rm(at('state/fleet.json')),
    },
    {
      what: 'a revision of a newer version',
      damage: () => writeFile(at('state/revisions/1.json'), '{"formatVersion":2}'),
      says: /format version 2.*agents keep their configuration/,
      mend: () => rm(at('state/revisions/1.json')),
    },
    {
      what: 'a file in the place of its revisions',
      damage: () => replace('state/revisions', (file) => writeFile(file, '')),
      says: /state/,
      mend: () => rm(at('state/revisions')),
    },
  ];
  for (const { what, damage, says, mend } of stops) {
    it(`answers, changes nothing, and goes on by itself once it is mended: ${what}`, async () => {
      await prepare();
      await damage();
      const before = (await readdir(at('state'))).filter((name) => name !== 'lock');
      const victim = await start();
      expect((await statusOf(victim)).problem).to.match(says);
      expect(await codeOf(push())).to.equal('not-ready');
      expect((await readdir(at('state'))).filter((name) => name !== 'lock')).to.deep.equal(before);
      await mend();
      await eventually(async () => {
        expect((await statusOf(victim)).problem).to.equal(undefined);
      }, 20_000);
      await push();
    });
  }

  const setAside: readonly Omit<Case, 'mend'>[] = [
    {
      what: 'a named pipe in the place of the list of nodes',
      damage: () =>
        replace('state/fleet.json', (file) => Promise.resolve(spawnSync('mkfifo', [file]))),
      says: /list of nodes was damaged.*fleet\.json\.corrupt-1/,
    },
    {
      what: 'a link in the place of the list of nodes',
      damage: () => replace('state/fleet.json', (file) => symlink('/dev/zero', file)),
      says: /list of nodes was damaged.*fleet\.json\.corrupt-1/,
    },
    {
      what: 'a named pipe in the place of the newest revision',
      damage: () =>
        replace('state/revisions/1.json', (file) => Promise.resolve(spawnSync('mkfifo', [file]))),
      says: /text of revision 1 is damaged.*push the configuration again/,
    },
  ];
  for (const { what, damage, says } of setAside) {
    it(`answers, sets it aside and reports it: ${what}`, async () => {
      await prepare();
      await damage();
      const victim = await start();
      expect((await statusOf(victim)).problem).to.match(says);
      await push();
    });
  }

  it('starts on a full disk, reports it, and has everything again when there is room', async function () {
    const argv = ['-t', 'tmpfs', '-o', 'size=64k,mode=0700', 'tmpfs', at('state')];
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
    }, 20_000);
    expect(victim.log.filter((line) => line.includes('cannot begin to work'))).to.have.length(1);
  });
});
