/** The file of the embedded store after kill -9, with damage, and where it cannot be written. */
import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import {
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pkg from 'node-sqlite3-wasm';
import { fileURLToPath } from 'node:url';
import { hostHere } from '../../../../controller/adapters/embedded-store/host-here.ts';
import { createEmbeddedStore } from '../../../../controller/adapters/embedded-store/embedded-store.ts';
import type { RecordChange, Store, StoredRecord } from '../../../../controller/ports/store.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { failingDisk } from '../../../support/machine/failing-disk.ts';
import { interposeOnDisk } from '../../../support/machine/synchronous-disk.ts';
import { commitSome } from './commit-some.ts';

const child = fileURLToPath(new URL('committing.child.ts', import.meta.url));

describe('the file of the embedded store', function () {
  this.timeout(300_000);
  let folder: string;
  let file: string;
  const stores: Store[] = [];
  const warnings: string[] = [];
  const open = (earlier: readonly RecordChange[] = []): Store => {
    const store = createEmbeddedStore({
      folder,
      openHost: hostHere,
      earlierState: () => Promise.resolve(earlier),
      putAside: () => Promise.resolve(),
      logger: { warn: (message) => void warnings.push(message) },
    });
    stores.push(store);
    return store;
  };
  const closeAll = async (): Promise<void> => {
    for (const store of stores.splice(0)) await store.close();
  };
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-store-'));
    file = path.join(folder, 'store.db');
    warnings.splice(0);
  });
  afterEach(async () => {
    await closeAll();
    await rm(folder, { recursive: true, force: true });
  });
  const nodesOf = async (store: Store): Promise<readonly StoredRecord[]> =>
    (await store.list({ kind: 'node', limit: 100 })).records;
  const failureOf = async (asked: Promise<unknown>): Promise<AppError> => {
    const error = await asked.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error instanceof AppError) return error;
    throw new Error(`no AppError: ${String(error)}`);
  };
  /** A store with some nodes, closed. */
  const prepare = async (): Promise<void> => {
    const store = open();
    for (let number = 0; number < 20; number += 1) {
      const text = JSON.stringify({
        number,
        address: `10.0.0.${String(number)}`,
        x: 'x'.repeat(500),
      });
      await store.commit({ changes: [{ kind: 'node', key: `node-${String(number)}`, text }] });
    }
    await closeAll();
  };

  /** Whether the store has what was acknowledged, and nothing by half. */
  const checkAfter = async (what: string, acknowledged: number): Promise<void> => {
    const store = open();
    const records = await nodesOf(store);
    const found = records.find(({ key }) => key === 'a');
    const number = found === undefined ? 0 : Number(JSON.parse(found.text).number);
    expect(number, what).to.be.within(acknowledged, acknowledged + 1);
    expect(records.find(({ key }) => key === 'b')?.text, what).to.equal(found?.text);
    expect(records, what).to.have.length(number === 0 ? 0 : number + 2);
    if (number > 0) {
      expect((await store.get({ kind: 'earlier', key: 'a' }))?.text, what).to.equal('"kept"');
    }
    await closeAll();
  };
  const emptyFolder = async (): Promise<void> => {
    await rm(folder, { recursive: true });
    await mkdir(folder);
  };

  it('has every acknowledged change, whole, when nothing reaches the disk after any operation', async () => {
    let operation = 0;
    for (let isDone = false; !isDone; operation += 1) {
      await emptyFolder();
      let left = operation;
      const restore = interposeOnDisk(folder, (_operation, writeHalf) => {
        left -= 1;
        if (left >= 0) return;
        if (left === -1) writeHalf();
        throw Object.assign(new Error('gone'), { code: 'EIO' });
      });
      let acknowledged = 0;
      try {
        await commitSome(folder, (number) => {
          acknowledged = number;
        });
        isDone = left >= 0;
      } catch {
        // As if the process had died.
      } finally {
        restore();
      }
      await checkAfter(`operation ${String(operation)}`, acknowledged);
    }
    expect(operation).to.be.greaterThan(50);
  });

  it('has every acknowledged change, whole, after kill -9', async () => {
    for (let operation = 5; ; operation += 19) {
      await emptyFolder();
      const argv = ['--import', 'tsx', child, folder, String(operation)];
      const killed = spawnSync(process.execPath, argv, { encoding: 'utf8' });
      expect(killed.stderr).to.equal('');
      const acknowledged = killed.stdout.split('\n').length - 1;
      await checkAfter(`operation ${String(operation)}`, acknowledged);
      if (killed.status === 0) break;
      expect(killed.signal).to.equal('SIGKILL');
    }
  });

  const changeCounter = async (sql: string): Promise<void> => {
    const database = new pkg.Database(file);
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    database.exec(sql);
    database.close();
  };
  const damages: readonly [what: string, damage: () => Promise<unknown>][] = [
    ['is empty', () => truncate(file, 0)],
    ['lost its second half', async () => truncate(file, (await readFile(file)).length / 2)],
    ['is another file', () => writeFile(file, 'not a database\n'.repeat(1000))],
    [
      'has a page of zeros',
      async () => writeFile(file, (await readFile(file)).fill(0, 3 * 4096, 4 * 4096)),
    ],
    [
      'has a flipped digit',
      async () => {
        const bytes = await readFile(file);
        bytes[bytes.indexOf('10.0.0.7"') + 7] = '8'.charCodeAt(0);
        await writeFile(file, bytes);
      },
    ],
    [
      'is a folder',
      async () => {
        await rm(file);
        await mkdir(file);
      },
    ],
    [
      'is gone with its log left',
      async () => {
        await rm(file);
        await writeFile(`${file}-wal`, 'x');
      },
    ],
    [
      'is gone with its empty log left',
      async () => {
        await rm(file);
        await writeFile(`${file}-wal`, '');
      },
    ],
    ['has a counter below its records', () => changeCounter('UPDATE counter SET version = 19')],
    ['has no counter', () => changeCounter('DELETE FROM counter')],
    ['has two counters', () => changeCounter('INSERT INTO counter VALUES (0)')],
  ];
  for (const [what, damage] of damages) {
    it(`is refused, named and left as it is when it ${what}; a copy in its place mends it`, async () => {
      await prepare();
      const copy = path.join(folder, 'copy');
      await copyFile(file, copy);
      await damage();
      const before = await readdir(folder);
      const store = open();
      const error = await failureOf(nodesOf(store));
      expect(error.code).to.equal('corrupt-file');
      expect(error.message)
        .to.contain(`cannot use the store "${file}": it is damaged (`)
        .and.to.contain('calico-controller store restore BACKUP')
        .and.to.contain('move store.db and store.db-wal away');
      const kept = (name: string): boolean => !/\.lock$|-wal$/.test(name);
      expect((await readdir(folder)).filter(kept)).to.deep.equal(before.filter(kept));
      await rm(file, { recursive: true, force: true });
      await rm(`${file}-wal`, { force: true });
      await rename(copy, file);
      expect(await nodesOf(store)).to.have.length(20);
    });
  }

  it('is not called damaged where it is a link, and nothing is to be moved away', async () => {
    await prepare();
    const elsewhere = path.join(folder, 'elsewhere.db');
    await rename(file, elsewhere);
    await symlink(elsewhere, file);
    const store = open();
    const error = await failureOf(nodesOf(store));
    expect(error.code).to.equal('corrupt-file');
    expect(error.message).to.contain(
      `it is a symbolic link to "${elsewhere}"; stop the controller`,
    );
    expect(error.message).not.to.contain('damaged').and.not.to.contain('away');
    await rm(file);
    await rename(elsewhere, file);
    expect(await nodesOf(store)).to.have.length(20);
  });

  it('begins empty when a damaged one was moved away', async () => {
    await prepare();
    await truncate(file, 0);
    const store = open();
    await failureOf(nodesOf(store));
    await rename(file, `${file}.old`);
    warnings.splice(0);
    expect(await nodesOf(store)).to.deep.equal([]);
    expect(warnings).to.deep.equal([
      `the controller begins with an empty store in the state directory "${folder}"`,
    ]);
  });

  for (const [what, earlier] of [
    ['with', [{ kind: 'node', key: 'a', text: JSON.stringify('x'.repeat(20_000)) }]],
    ['without', []],
  ] as const) {
    it(`is made whole or not at all on a full disk, ${what} earlier files`, async () => {
      for (let writes = 0, hasFailed = true; hasFailed; writes += 1) {
        await emptyFolder();
        const disk = failingDisk(folder);
        try {
          disk.failAfter(writes, 'ENOSPC');
          const store = open(earlier);
          const answer = await nodesOf(store).catch((error: unknown) => error);
          hasFailed = disk.hasFailed();
          disk.mend();
          if (answer instanceof AppError) expect(answer.retryable, String(answer)).to.equal(true);
          expect(await nodesOf(store), `write ${String(writes)}`).to.have.length(earlier.length);
          await closeAll();
        } finally {
          disk.restore();
        }
        expect(writes).to.be.lessThan(100);
      }
    });
  }

  it('is no new one when it is removed while it is used', async () => {
    const store = open();
    await store.commit({ changes: [{ kind: 'node', key: 'a', text: '1' }] });
    await store.close();
    await rm(file);
    expect((await failureOf(nodesOf(store))).message).to.contain('it is gone');
  });

  it('of a newer version is refused', async () => {
    await prepare();
    const bytes = await readFile(file);
    // The user version, at offset 60 of the header (sqlite.org/fileformat2.html).
    bytes.writeUInt32BE(2, 60);
    await writeFile(file, bytes);
    const error = await failureOf(nodesOf(open()));
    expect([error.code, error.message])
      .to.include('newer-format')
      .and.to.satisfy(([, message]: string[]) => message?.includes('format version 2'));
  });
});
