import { expect } from 'chai';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { hostHere } from '../../../../controller/adapters/embedded-store/host-here.ts';
import { hostOnThread } from '../../../../controller/adapters/embedded-store/host-on-thread.ts';
import { createEmbeddedStore } from '../../../../controller/adapters/embedded-store/embedded-store.ts';
import { threadBeside } from '../../../../runtime/confined/thread-beside.ts';
import type { Store } from '../../../../controller/ports/store.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import { eventually } from '../../../support/eventually.ts';
import { storeContract } from '../../ports/store.contract.ts';

const program = threadBeside('calico-controller-store.js', 'controller/store-thread.ts');

for (const [where, openHost] of [
  ['in this thread', hostHere],
  ['on a thread of its own', hostOnThread(program)],
] as const) {
  describe(`the embedded store, ${where}`, function () {
    this.timeout(60_000);
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'calico-store-'));
    });
    afterEach(async () => {
      await rm(folder, { recursive: true });
    });
    const open = (): Store =>
      createEmbeddedStore({
        folder,
        openHost,
        earlierState: () => Promise.resolve([]),
        putAside: () => Promise.resolve(),
        logger: silentLogger,
      });
    storeContract(async () => open());

    it('lists the same pages after it was opened again, and then what has changed', async () => {
      const query = { kind: 'node', prefix: 'one/', limit: 3 };
      const pages = async (store: Store): Promise<unknown[]> => {
        const first = await store.list(query);
        const second = await store.list({ ...query, ...(first.next && { after: first.next }) });
        return [first, second];
      };
      const long = 'x'.repeat(20_000);
      const before = open();
      const names = ['one/a', 'one/b', 'one/c', 'one/d', 'two/a'];
      const changes = names.map((key) => ({ kind: 'node', key, text: key }));
      await before.commit({
        changes: [...changes, { kind: 'revision', key: 'one/1', text: long }],
      });
      const listed = await pages(before);
      await before.close();
      const after = open();
      try {
        expect(await pages(after)).to.deep.equal(listed);
        const { records } = await after.list({ kind: 'revision', limit: 3 });
        expect(records.map(({ text }) => text)).to.deep.equal([long]);
      } finally {
        await after.close();
      }
      const changed = open();
      try {
        await changed.list(query);
        await changed.commit({ changes: [{ kind: 'node', key: 'one/d' }] });
        expect((await changed.list(query)).next).to.equal(undefined);
      } finally {
        await changed.close();
      }
    });

    it('empties its log after each transaction', async () => {
      const store = open();
      try {
        for (const text of ['1', '2']) {
          await store.commit({ changes: [{ kind: 'node', key: 'a', text }] });
          await eventually(async () => {
            expect((await stat(path.join(folder, 'store.db-wal'))).size).to.equal(0);
          });
        }
      } finally {
        await store.close();
      }
    });
  });
}

describe('the embedded store, after a commit whose outcome is not known', () => {
  it('tells the watchers of its kinds that changes may be missing', async () => {
    const lost = (): Promise<never> => Promise.reject(new Error('the answer was lost'));
    const store = createEmbeddedStore({
      folder: '/nowhere',
      openHost: () => ({
        isThere: () => Promise.resolve(true),
        ...{ create: lost, get: lost, list: lost, page: lost, copyTo: lost, commit: lost },
        close: () => Promise.resolve(),
      }),
      earlierState: () => Promise.resolve([]),
      putAside: () => Promise.resolve(),
      logger: silentLogger,
    });
    const missed: string[] = [];
    for (const kind of ['node', 'revision']) {
      await store.watch(kind, {
        changed: () => undefined,
        missed: () => void missed.push(kind),
      });
    }
    const changes = [{ kind: 'node', key: 'a', text: '1' }];
    const error = await store.commit({ changes }).catch((reason: unknown) => reason);
    expect(String(error)).to.contain('the answer was lost');
    expect(missed).to.deep.equal(['node']);
  });
});

describe('a copy of the embedded store', () => {
  it('that did not become whole leaves nothing in the state directory', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'calico-store-'));
    const store = createEmbeddedStore({
      folder,
      openHost: (file) => ({
        ...hostHere(file),
        copyTo: async (copy) => {
          await writeFile(copy, 'half');
          throw new Error('the disk is full');
        },
      }),
      earlierState: () => Promise.resolve([]),
      putAside: () => Promise.resolve(),
      logger: silentLogger,
    });
    try {
      await store.commit({ changes: [{ kind: 'node', key: 'a', text: '1' }] });
      const refused = await store.snapshot().catch((reason: unknown) => reason);
      expect(refused).to.be.an('error').with.property('message', 'the disk is full');
      const left = (await readdir(folder)).filter((name) => name.startsWith('snapshot-'));
      expect(left).to.deep.equal([]);
    } finally {
      await store.close();
      await rm(folder, { recursive: true });
    }
  });
});
