/** The store in a real etcd: the contract of every engine, and what only etcd has. */
import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createEtcdStore } from '../../../../controller/adapters/etcd-store/etcd-store.ts';
import { fencedStore } from '../../../../controller/app/store/fenced-store.ts';
import { leaderKind, type Leadership, type Store } from '../../../../controller/ports/store.ts';
import { readConnection } from '../../../../controller/adapters/etcd-store/connection-files.ts';
import { createEtcdClient } from '../../../../runtime/etcd/etcd-client.ts';
import { eventually } from '../../../support/eventually.ts';
import { needsEtcd, startEtcd, type RunningEtcd } from '../../../support/servers/etcd.ts';
import { storeContract } from '../../ports/store.contract.ts';

describe('the store in etcd', function () {
  this.timeout(300_000);
  let etcd: RunningEtcd;
  let prefixes = 0;
  let prefix = '';
  const stores: Store[] = [];
  before(async function () {
    needsEtcd(this);
    etcd = await startEtcd({ tls: true });
  });
  after(async () => {
    await etcd.stop();
  });
  beforeEach(() => {
    prefixes += 1;
    prefix = `/controllers/${String(prefixes)}/`;
  });
  const open = (): Store =>
    createEtcdStore({
      client: createEtcdClient(() =>
        readConnection({ endpoints: [etcd.endpoint], timeoutSeconds: 20, ...etcd.files }),
      ),
      prefix,
    });

  storeContract(async () => open());

  describe('with two controllers', () => {
    let one: Store;
    let other: Store;
    beforeEach(() => {
      [one, other] = [open(), open()];
      stores.push(one, other);
    });
    afterEach(async () => {
      await Promise.all(stores.splice(0).map((store) => store.close()));
    });
    const put = async (store: Store, key: string, text: string): Promise<number> => {
      const committed = await store.commit({ changes: [{ kind: 'node', key, text }] });
      return committed.ok ? committed.version : 0;
    };
    const leaderOf = async (store: Store, holder: string): Promise<Leadership> => {
      const led = await store.lead('fleet', { holder });
      if (!('token' in led)) throw new Error(`${led.holder} leads`);
      return led;
    };

    it('shows each the changes of the other', async () => {
      const version = await put(one, 'a', '1');
      expect(await other.get({ kind: 'node', key: 'a' })).to.include({ text: '1', version });
      const seen: string[] = [];
      await other.watch('node', {
        changed: (changes) => void seen.push(...changes.map(({ text = 'gone' }) => text)),
        missed: () => undefined,
      });
      await put(one, 'a', '2');
      await one.commit({ changes: [{ kind: 'node', key: 'a' }] });
      await eventually(() => expect(seen).to.deep.equal(['2', 'gone']));
    });

    it("tells the leader's address for people, and leaves out what is none", async () => {
      for (const [people, told] of [
        ['10.0.0.11:7844', true],
        ['[2001:db8::1]:7844', true],
        ['api.example.org:7844/x', false],
        ['user@10.0.0.11:7844', false],
        ['10.0.0.11', false],
      ] as const) {
        const led = await one.lead('fleet', { holder: 'one', people });
        if (!('token' in led)) throw new Error(`${led.holder} leads`);
        const expected = { holder: 'one', ...(told && { people }) };
        expect(await other.lead('fleet', { holder: 'other' })).to.deep.equal(expected);
        await led.release();
      }
    });

    it('has one leader, and another once it is gone', async () => {
      const led = await leaderOf(one, 'one');
      expect(await other.lead('fleet', { holder: 'other' })).to.deep.equal({ holder: 'one' });
      await one.close();
      expect(led.lost.aborted).to.equal(true);
      expect((await leaderOf(other, 'other')).token).to.be.greaterThan(led.token);
    });

    it('refuses the writes of a leader whose lease is gone, and tells it', async () => {
      const led = await leaderOf(one, 'one');
      // As seen by the leader, nothing has happened yet: its next renewal is seconds away.
      const fenced = fencedStore(one, 'fleet', () => led);
      await fenced.commit({ changes: [{ kind: 'node', key: 'a', text: '1' }] });
      const fields = await etcd.etcdctl('get', '-w', 'fields', `${prefix}${leaderKind}/fleet`);
      const id = BigInt(/"Lease" : (\d+)/u.exec(fields)?.[1] ?? '0');
      await etcd.etcdctl('lease', 'revoke', id.toString(16));
      const next = await leaderOf(other, 'other');
      const error = await fenced
        .commit({ changes: [{ kind: 'node', key: 'a', text: '2' }] })
        .catch((reason: unknown) => reason);
      expect(error).to.include({ code: 'datastore-conflict' });
      expect((await other.get({ kind: 'node', key: 'a' }))?.text).to.equal('1');
      await eventually(() => expect(led.lost.aborted).to.equal(true));
      expect(next.lost.aborted).to.equal(false);
    });

    it('ends a leader whose key is removed while its lease lives', async () => {
      const led = await leaderOf(one, 'one');
      await etcd.etcdctl('del', `${prefix}${leaderKind}/fleet`);
      const next = await leaderOf(other, 'other');
      // Before its next renewal, which is 5 seconds away.
      await eventually(() => expect(led.stands()).to.equal(false), 4000);
      expect(led.lost.aborted).to.equal(true);
      expect(next.stands()).to.equal(true);
    });

    it('takes the place of a leader that was restored from a backup of etcd', async () => {
      await etcd.put(`${prefix}${leaderKind}/fleet`, { holder: 'of last year' });
      await leaderOf(one, 'one');
      expect(await other.lead('fleet', { holder: 'other' })).to.deep.equal({ holder: 'one' });
    });

    it('tells a fenced write that fails by its own comparison from a lost leadership', async () => {
      const led = await leaderOf(one, 'one');
      const fenced = fencedStore(one, 'fleet', () => led);
      const version = await put(one, 'a', '1');
      const compare = [{ kind: 'node', key: 'a', version: version - 1 }];
      expect(await fenced.commit({ compare, changes: [] })).to.deep.equal({ ok: false });
    });
  });

  describe('with keys of strangers', () => {
    let store: Store;
    beforeEach(() => {
      store = open();
    });
    afterEach(async () => {
      await store.close();
    });
    const keysIn = async (limit: number): Promise<readonly string[]> => {
      const keys: string[] = [];
      let after: string | undefined;
      do {
        const page = await store.list({
          kind: 'node',
          limit,
          ...(after !== undefined && { after }),
        });
        keys.push(...page.records.map(({ key }) => key));
        after = page.next;
      } while (after !== undefined);
      return keys;
    };

    it('lists its own records only, also between keys that are no text', async () => {
      for (const key of ['a', 'c']) {
        await store.commit({ changes: [{ kind: 'node', key, text: '1' }] });
      }
      for (const key of ['a b', 'a\u00ff', 'b\nb', '']) {
        await etcd.put(`${prefix}node/${key}`, '1');
      }
      await etcd.put(`${prefix}node`, '1');
      await etcd.put(`${prefix}Node/a`, '1');
      for (const key of ['\\377', 'b\\376', 'a\\377\\377']) await putBytes(`${prefix}node/${key}`);
      for (const limit of [1, 2, 10]) expect(await keysIn(limit)).to.deep.equal(['a', 'c']);
    });

    it('gives a value that it did not write as a text that is no record', async () => {
      await etcd.put(`${prefix}node/a`, 'deflate:AAAA');
      const found = await store.get({ kind: 'node', key: 'a' });
      expect(found?.text).to.equal('');
    });
  });

  it('tells watchers that changes may be missing after etcd has compacted them', async () => {
    const store = open();
    try {
      let missed = 0;
      const seen: string[] = [];
      await store.watch('node', {
        changed: (changes) => void seen.push(...changes.map(({ key }) => key)),
        missed: () => {
          missed += 1;
        },
      });
      await etcd.kill();
      await etcd.restart();
      await store.commit({ changes: [{ kind: 'node', key: 'a', text: '1' }] });
      await eventually(() => expect(seen).to.deep.equal(['a']), 60_000);
      await etcd.wipe();
      await eventually(() => expect(missed).to.be.greaterThan(0), 60_000);
      await store.commit({ changes: [{ kind: 'node', key: 'b', text: '1' }] });
      await eventually(() => expect(seen.at(-1)).to.equal('b'), 60_000);
    } finally {
      await store.close();
    }
  });

  /** @param octal a key with bytes that are no UTF-8, as printf(1) takes them */
  async function putBytes(octal: string): Promise<void> {
    const { caFile = '', certFile = '', keyFile = '' } = etcd.files ?? {};
    const tls = ['--cacert', caFile, '--cert', certFile, '--key', keyFile];
    const script = 'key=$(printf "$1"); shift; exec etcdctl "$@" put "$key" 1';
    const args = ['-c', script, 'sh', octal, '--endpoints', etcd.endpoint, ...tls];
    await promisify(execFile)('sh', args, { env: { ...process.env, ETCDCTL_API: '3' } });
  }
});
