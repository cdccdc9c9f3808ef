import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createEmbeddedStore } from '../../../../controller/adapters/embedded-store/embedded-store.ts';
import { hostHere } from '../../../../controller/adapters/embedded-store/host-here.ts';
import { createApiTokens, type ApiTokens } from '../../../../controller/app/access/api-tokens.ts';
import type { Store } from '../../../../controller/ports/store.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import { eventually } from '../../../support/eventually.ts';
import { failure } from '../../../support/failure.ts';

const dayMs = 86_400_000;

describe('tokens of people', () => {
  let folder: string;
  let store: Store;
  let now: number;
  let writes: number;
  const open = async (cluster = 'default'): Promise<ApiTokens> => {
    const tokens = createApiTokens({ store, cluster, now: () => now, logger: silentLogger });
    await tokens.load();
    return tokens;
  };
  beforeEach(async () => {
    now = Date.parse('2026-05-01T10:00:00Z');
    writes = 0;
    folder = await mkdtemp(path.join(tmpdir(), 'calico-tokens-'));
    const embedded = createEmbeddedStore({
      folder,
      openHost: hostHere,
      earlierState: () => Promise.resolve([]),
      putAside: () => Promise.resolve(),
      logger: silentLogger,
    });
    store = {
      ...embedded,
      commit: (transaction) => {
        writes += 1;
        return embedded.commit(transaction);
      },
    };
  });
  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  const ann = { name: 'ann', roles: ['read', 'apply'], days: 1, by: 'root' } as const;

  it('name a person until they expire or are revoked, also after a restart', async () => {
    const { text, id } = await (await open()).create(ann);
    const again = await open();
    expect(again.personWith(text)).to.deep.equal({
      name: 'ann',
      roles: ['read', 'apply'],
      how: `token ${id}`,
      issuedBy: 'root',
    });
    expect(again.namesWith((held) => held.includes('apply'))).to.deep.equal(['ann']);
    expect((await open('other')).personWith(text)).to.equal('unknown');
    now += dayMs;
    expect(again.personWith(text)).to.have.nested.property('expired.name', 'ann');
    expect(again.namesWith(() => true)).to.deep.equal([]);
    expect(again.list()[0]).to.include({ id, expired: true });
    await again.revoke([id]);
    expect(again.personWith(text)).to.equal('unknown');
    expect((await open()).list()).to.deep.equal([]);
  });

  it('are not known with another secret, or another form', async () => {
    const tokens = await open();
    const [one, other] = [await tokens.create(ann), await tokens.create(ann)];
    const secret = other.text.split('_').slice(2).join('_');
    for (const text of [`cac_${one.id}_${secret}`, `${one.text} `, one.id, '', 'cac__']) {
      expect(tokens.personWith(text), text).to.equal('unknown');
    }
  });

  it('write when they were used once an hour, however often they are', async () => {
    const tokens = await open();
    const { text } = await tokens.create(ann);
    const before = writes;
    for (let used = 0; used < 100; used += 1) tokens.personWith(text);
    expect(writes - before).to.equal(1);
    expect(tokens.list()[0]?.lastUsedAt).to.equal('2026-05-01T10:00:00.000Z');
    now += 3_600_000;
    tokens.personWith(text);
    expect(writes - before).to.equal(2);
  });

  it('let nobody in while they are revoked, and are never written again', async () => {
    const { text, id } = await (await open()).create(ann);
    const embedded = store;
    const held: (() => void)[] = [];
    const changes: string[] = [];
    let isFull = false;
    store = {
      ...embedded,
      commit: async (transaction) => {
        await new Promise<void>((resolve) => void held.push(resolve));
        if (isFull) throw new AppError('disk-full', 'no space left');
        changes.push(
          JSON.stringify(transaction.changes).includes('lastUsedAt') ? 'use' : 'removal',
        );
        return embedded.commit(transaction);
      },
    };
    const release = (): void => held.shift()?.();
    const tokens = await open();
    // Its use is being written when it is revoked.
    expect(tokens.personWith(text)).to.include({ name: 'ann' });
    const revoking = tokens.revoke([id]);
    expect(tokens.personWith(text)).to.equal('unknown');
    expect(held).to.have.length(1);
    release();
    await eventually(() => expect(held).to.have.length(1));
    isFull = true;
    release();
    await failure(revoking);
    // It is not revoked, so it is valid again.
    expect(tokens.personWith(text)).to.include({ name: 'ann' });
    isFull = false;
    const again = tokens.revoke([id]);
    await eventually(() => expect(held).to.have.length(1));
    expect(tokens.personWith(text)).to.equal('unknown');
    release();
    await again;
    expect(changes).to.deep.equal(['use', 'removal']);
    store = embedded;
    expect((await open()).list()).to.deep.equal([]);
  });

  it('let nobody in where their record is damaged', async () => {
    const { text, id } = await (await open()).create(ann);
    const name = { kind: 'access-token', key: `default/${id}` };
    await store.commit({ changes: [{ ...name, text: '{"formatVersion":1}' }] });
    expect((await open()).personWith(text)).to.equal('unknown');
  });

  it('are refused with names, roles and times that cannot be', async () => {
    const tokens = await open();
    for (const wrong of [
      { ...ann, name: '' },
      { ...ann, name: 'a\nb' },
      { ...ann, roles: [] },
      { ...ann, days: Number.NaN },
      { ...ann, days: 4000 },
    ]) {
      expect((await failure(tokens.create(wrong))).code).to.equal('bad-request');
    }
    expect((await failure(tokens.revoke(['nope']))).message).to.contain('access list');
    expect(writes).to.equal(0);
  });
});
