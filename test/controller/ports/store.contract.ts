/** What every engine of the controller's store does. */
import { expect } from 'chai';
import {
  leaderKind,
  type ChangedRecord,
  type RecordName,
  type Store,
} from '../../../controller/ports/store.ts';
import { byText } from '../../../core/by-text.ts';
import { eventually } from '../../support/eventually.ts';

/**
 * @param open opens the store that the test has; a second call opens it again, after the first one
 *   was closed
 */
export function storeContract(open: () => Promise<Store>): void {
  let store: Store;
  beforeEach(async () => {
    store = await open();
  });
  afterEach(async () => {
    await store.close();
  });
  const put = async (kind: string, key: string, text: string): Promise<number> => {
    const committed = await store.commit({ changes: [{ kind, key, text }] });
    return committed.ok ? committed.version : 0;
  };
  const keysOf = async (prefix: string, limit = 10): Promise<readonly string[]> => {
    const keys: string[] = [];
    let after: string | undefined;
    do {
      const page = await store.list({
        kind: 'node',
        prefix,
        limit,
        ...(after !== undefined && { after }),
      });
      expect(page.records.length).to.be.at.most(limit);
      keys.push(...page.records.map(({ key }) => key));
      after = page.next;
    } while (after !== undefined);
    return keys;
  };

  it('has nothing at first', async () => {
    expect(await store.get({ kind: 'node', key: 'a' })).to.equal(undefined);
    expect(await store.list({ kind: 'node', limit: 10 })).to.deep.equal({ records: [] });
  });

  it('has a record after it was closed and opened again, with its version', async () => {
    const text = JSON.stringify({ label: 'Zürich 😀 \u0000 "\n', many: 'x'.repeat(100_000) });
    const version = await put('node', 'a', text);
    expect(version).to.be.greaterThan(0);
    await store.close();
    store = await open();
    expect(await store.get({ kind: 'node', key: 'a' })).to.deep.equal({
      kind: 'node',
      key: 'a',
      text,
      version,
    });
  });

  it('takes a revision of 1 MiB whose characters are all escaped', async () => {
    const text = JSON.stringify({ text: '\u0001'.repeat(1024 * 1024) });
    await put('revision', 'a', text);
    expect((await store.get({ kind: 'revision', key: 'a' }))?.text).to.equal(text);
  });

  it('gives every change a greater version, also after a removal and a restart', async () => {
    const first = await put('node', 'a', '1');
    const second = await put('node', 'b', '1');
    const removal = await store.commit({ changes: [{ kind: 'node', key: 'b' }] });
    const removed = removal.ok ? removal.version : 0;
    await store.close();
    store = await open();
    const last = await put('node', 'b', '2');
    expect([first, second, removed, last]).to.deep.equal(
      [first, second, removed, last].toSorted((one, other) => one - other),
    );
    expect(new Set([first, second, removed, last]).size).to.equal(4);
  });

  it('changes all records of a transaction, or none where a comparison does not hold', async () => {
    const version = await put('node', 'a', '1');
    const changes = [
      { kind: 'node', key: 'a', text: '2' },
      { kind: 'numbers', key: 'a', text: '2' },
      { kind: 'node', key: 'gone' },
    ];
    for (const compare of [
      [{ kind: 'node', key: 'a', version: version + 1 }],
      [
        { kind: 'node', key: 'a', version },
        { kind: 'node', key: 'b', version: 1 },
      ],
      [{ kind: 'node', key: 'a', version: 0 }],
    ]) {
      expect(await store.commit({ compare, changes })).to.deep.equal({ ok: false });
    }
    expect((await store.get({ kind: 'node', key: 'a' }))?.text).to.equal('1');
    expect(await store.get({ kind: 'numbers', key: 'a' })).to.equal(undefined);
    const compare = [
      { kind: 'node', key: 'a', version },
      { kind: 'node', key: 'b', version: 0 },
    ];
    const committed = await store.commit({ compare, changes });
    expect(committed.ok).to.equal(true);
    expect((await store.get({ kind: 'node', key: 'a' }))?.text).to.equal('2');
    expect((await store.get({ kind: 'numbers', key: 'a' }))?.text).to.equal('2');
  });

  it('lets only one of many transactions win that compare the same version', async () => {
    const version = await put('node', 'a', '0');
    const tried = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        store.commit({
          compare: [{ kind: 'node', key: 'a', version }],
          changes: [{ kind: 'node', key: 'a', text: String(n) }],
        }),
      ),
    );
    expect(tried.filter(({ ok }) => ok)).to.have.length(1);
  });

  it('lists by key and prefix, in pages, without the records of other kinds', async () => {
    for (const key of ['b/2', 'b/10', 'a/1', 'b/1', 'b', 'b0', 'c/1']) await put('node', key, '1');
    await put('nodes', 'b/0', '1');
    await put('nod', 'b/0', '1');
    for (const limit of [1, 2, 3, 10]) {
      expect(await keysOf('b/', limit)).to.deep.equal(['b/1', 'b/10', 'b/2']);
      expect(await keysOf('', limit)).to.deep.equal([
        'a/1',
        'b',
        'b/1',
        'b/10',
        'b/2',
        'b0',
        'c/1',
      ]);
    }
  });

  it('stores the nodes of a large fleet in few transactions, and lists them in pages', async function () {
    this.timeout(60_000);
    const nodes = Array.from({ length: 10_000 }, (_, n) => `x/node-${String(n).padStart(5, '0')}`);
    const text = JSON.stringify({ labels: 'y'.repeat(400) });
    for (let from = 0; from < nodes.length; from += store.bounds.changes) {
      const some = nodes.slice(from, from + store.bounds.changes);
      await store.commit({ changes: some.map((key) => ({ kind: 'node', key, text })) });
    }
    expect(await keysOf('x/', 1000)).to.deep.equal(nodes);
  });

  it('tells watchers of each transaction once, in order, and of their kind only', async () => {
    const seen: (readonly ChangedRecord[])[] = [];
    const stop = await store.watch('node', {
      changed: (changes) => void seen.push(changes),
      missed: () => undefined,
    });
    const first = await put('node', 'a', '1');
    await put('numbers', 'a', '1');
    await store.commit({
      compare: [{ kind: 'node', key: 'a', version: 0 }],
      changes: [{ kind: 'node', key: 'a', text: '9' }],
    });
    const committed = await store.commit({
      changes: [
        { kind: 'node', key: 'a' },
        { kind: 'node', key: 'b', text: '2' },
        { kind: 'numbers', key: 'b', text: '2' },
      ],
    });
    const second = committed.ok ? committed.version : 0;
    await eventually(() => expect(seen).to.have.length(2));
    stop();
    await put('node', 'c', '1');
    expect(seen[0]).to.deep.equal([{ kind: 'node', key: 'a', text: '1', version: first }]);
    expect(seen[1]?.toSorted((one, other) => (one.key < other.key ? -1 : 1))).to.deep.equal([
      { kind: 'node', key: 'a', version: second },
      { kind: 'node', key: 'b', text: '2', version: second },
    ]);
    expect(seen).to.have.length(2);
  });

  it('has a snapshot of all kinds, which later changes do not touch', async () => {
    const names = Array.from({ length: 1500 }, (_, n) => `x/${String(n)}`);
    for (let from = 0; from < names.length; from += store.bounds.changes) {
      const some = names.slice(from, from + store.bounds.changes);
      await store.commit({ changes: some.map((key) => ({ kind: 'node', key, text: '"a"' })) });
    }
    await put('revision', 'r', '"a"');
    await put('node-x', 'r', '"a"');
    const snapshot = await store.snapshot();
    await put('node', 'x/7', '"b"');
    await put('later', 'l', '"b"');
    await store.commit({ changes: [{ kind: 'node', key: 'x/8' }] });
    const found: string[] = [];
    let after: RecordName | undefined;
    for (;;) {
      const records = await snapshot.page(after);
      if (records.length === 0) break;
      found.push(...records.map(({ kind, key, text }) => `${kind} ${key} ${text}`));
      after = records.at(-1);
    }
    await snapshot.close();
    const wanted = [...names.map((key) => `node ${key} "a"`), 'revision r "a"', 'node-x r "a"'];
    expect(found.toSorted(byText)).to.deep.equal(wanted.toSorted(byText));
    expect((await store.get({ kind: 'node', key: 'x/7' }))?.text).to.equal('"b"');
  });

  it('has one leader for each name, and a greater token for each after it', async () => {
    const first = await store.lead('rollouts', { holder: 'one' });
    if (!('token' in first)) throw new Error(first.holder);
    expect(await store.lead('rollouts', { holder: 'two' })).to.deep.equal({ holder: 'one' });
    expect(await store.lead('other', { holder: 'two' })).to.have.property('token');
    await first.release();
    expect(first.lost.aborted).to.equal(true);
    const second = await store.lead('rollouts', { holder: 'two' });
    if (!('token' in second)) throw new Error(second.holder);
    expect(second.token).to.be.greaterThan(first.token);
    expect(second.lost.aborted).to.equal(false);
  });

  it('refuses writes of a leader that another one has replaced', async () => {
    const write = async (token: number): Promise<boolean> => {
      const compare = [{ kind: leaderKind, key: 'rollouts', version: token }];
      const changes = [{ kind: 'rollout', key: 'a', text: String(token) }];
      return (await store.commit({ compare, changes })).ok;
    };
    const first = await store.lead('rollouts', { holder: 'one' });
    if (!('token' in first)) throw new Error(first.holder);
    expect(await write(first.token)).to.equal(true);
    await first.release();
    expect(await write(first.token)).to.equal(false);
    const second = await store.lead('rollouts', { holder: 'two' });
    if (!('token' in second)) throw new Error(second.holder);
    expect([await write(first.token), await write(second.token)]).to.deep.equal([false, true]);
  });
}
