/** The first start of this version over the files of an earlier one. */
import { expect } from 'chai';
import {
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rename,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { earlierFiles } from '../../../controller/adapters/earlier-files/earlier-files.ts';
import { createEmbeddedStore } from '../../../controller/adapters/embedded-store/embedded-store.ts';
import { hostHere } from '../../../controller/adapters/embedded-store/host-here.ts';
import { fleetRecords } from '../../../controller/app/store/fleet-records.ts';
import {
  createFleetStore,
  type StoredFleetState,
} from '../../../controller/app/store/fleet-store.ts';
import { silentLogger } from '../../../runtime/log/logger.ts';
import { inProcessChecker } from '../../support/twins/in-process-checker.ts';
import { interposeOnDisk } from '../../support/machine/synchronous-disk.ts';
import { node, revisionOf } from '../app/store/stored-samples.ts';

describe('the files of an earlier version', function () {
  this.timeout(60_000);
  let folder: string;
  const at = (name: string): string => path.join(folder, name);
  const writeFiles = async (): Promise<void> => {
    await mkdir(at('revisions'));
    const nodes = [{ ...node, name: 'Node-0' }];
    await writeFile(
      at('fleet.json'),
      JSON.stringify({ formatVersion: 1, cluster: 'default', nodes }),
    );
    for (const number of [9, 10, 11]) {
      await writeFile(at(`revisions/${String(number)}.json`), JSON.stringify(revisionOf(number)));
    }
  };
  /** The state that a start finds. */
  const start = async (
    cluster = 'default',
  ): Promise<StoredFleetState & { readonly numbers: readonly number[] }> => {
    const digestOfText = inProcessChecker.digest;
    const earlier = earlierFiles(folder, { cluster, logger: silentLogger, digestOfText });
    const store = createEmbeddedStore({
      folder,
      openHost: hostHere,
      earlierState: async () => {
        const state = await earlier.read();
        return state === undefined ? [] : fleetRecords(state);
      },
      putAside: earlier.putAside,
      logger: silentLogger,
    });
    try {
      const fleet = createFleetStore({ store, cluster, logger: silentLogger, digestOfText });
      const state = await fleet.load();
      const { records } = await store.list({ kind: 'revision', limit: 100 });
      return { ...state, numbers: records.map(({ key }) => Number(key.split('/')[1])) };
    } finally {
      await store.close();
    }
  };
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-earlier-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });
  const taken = { revision: revisionOf(11), lastNumber: 11, nodes: [node], numbers: [9, 10, 11] };

  it('are taken over whole, and put aside unchanged', async () => {
    await writeFiles();
    const before = await readFile(at('fleet.json'), 'utf8');
    expect(await start()).to.deep.equal(taken);
    expect(await readFile(at('before-store/fleet.json'), 'utf8')).to.equal(before);
    expect(await readdir(at('before-store/revisions'))).to.have.members([
      '9.json',
      '10.json',
      '11.json',
    ]);
    expect(await readdir(folder))
      .to.include('store.db')
      .and.not.to.include.members(['fleet.json']);
    expect(await start()).to.deep.equal(taken);
  });

  it('are taken over once, whole, wherever the start was killed', async () => {
    for (let operation = 0, isDone = false; !isDone; operation += 1) {
      await rm(folder, { recursive: true });
      await mkdir(folder);
      await writeFiles();
      let left = operation;
      const restore = interposeOnDisk(folder, () => {
        left -= 1;
        if (left < 0) throw Object.assign(new Error('gone'), { code: 'EIO' });
      });
      await start().catch(() => undefined);
      restore();
      isDone = left >= 0;
      expect(await start(), `operation ${String(operation)}`).to.deep.equal(taken);
    }
  });

  it('are put aside also where the start was killed before that', async () => {
    await writeFiles();
    await start();
    await rename(at('before-store/fleet.json'), at('fleet.json'));
    expect(await start()).to.deep.equal(taken);
    expect(await readdir(at('before-store'))).to.have.members(['fleet.json', 'revisions']);
  });

  it('that came again, by a start of the earlier version, are put aside beside the first ones', async () => {
    await writeFiles();
    await start();
    await writeFiles();
    expect(await start()).to.deep.equal(taken);
    expect(await readdir(at('before-store-2'))).to.have.members(['fleet.json', 'revisions']);
  });

  for (const [what, damage] of [
    ['a flipped digit', (text: string) => text.replace('a: 11', 'a: 71')],
    ['half a text', (text: string) => text.slice(0, 100)],
  ] as const) {
    it(`lose a damaged newest revision, whose number is not used again: ${what}`, async () => {
      await writeFiles();
      const file = at('revisions/11.json');
      await writeFile(file, damage(await readFile(file, 'utf8')));
      const { revision, problem, ...others } = await start();
      expect(revision).to.equal(undefined);
      expect(problem).to.contain('push the configuration again');
      expect(others).to.deep.equal({ lastNumber: 11, nodes: [node], numbers: [9, 10] });
      expect(await readdir(at('before-store/revisions'))).to.include('11.json.corrupt-1');
    });
  }

  it('with a damaged list of nodes give the revisions: nodes come back by themselves', async () => {
    await writeFiles();
    await writeFile(at('fleet.json'), '{"formatVersion":1,"nodes":7}');
    expect(await start()).to.deep.equal({ ...taken, nodes: [] });
    expect(await readdir(at('before-store'))).to.include('fleet.json.corrupt-1');
  });

  for (const name of ['fleet.json', 'revisions/10.json']) {
    it(`of a newer version are refused and left as they are: ${name}`, async () => {
      await writeFiles();
      await writeFile(at(name), '{"formatVersion":2}');
      const before = await readdir(folder, { recursive: true });
      const error = await start().catch((reason: unknown) => reason);
      expect(String(error)).to.contain('format version 2');
      expect(await readdir(folder, { recursive: true })).to.deep.equal(before);
    });
  }

  it('of another cluster are refused and left as they are', async () => {
    await writeFiles();
    const error = await start('other').catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'invalid-settings' });
    expect(await readdir(folder)).to.have.members(['fleet.json', 'revisions']);
    expect(await start()).to.deep.equal(taken);
  });

  it('show that a store is gone, which is not replaced by an empty one', async () => {
    await writeFiles();
    await start();
    await rm(at('store.db'));
    const error = await start().catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'corrupt-file' });
    expect(String(error)).to.contain('its store is gone');
    await rename(at('before-store'), at('elsewhere'));
    expect(await start()).to.deep.equal({ lastNumber: 0, nodes: [], numbers: [] });
  });

  it('give way to an empty store, as the error about a damaged one says', async () => {
    await writeFiles();
    await start();
    await truncate(at('store.db'), 0);
    const error = await start().catch((reason: unknown) => reason);
    expect(String(error)).to.contain(
      'move store.db and store.db-wal away, and run calico-controller store restore BACKUP; ' +
        'without a backup, move the folder before-store away as well',
    );
    for (const name of ['store.db', 'before-store']) await rename(at(name), at(`${name}.old`));
    await rm(at('store.db-wal'), { force: true });
    expect(await start()).to.deep.equal({ lastNumber: 0, nodes: [], numbers: [] });
  });
});
