import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createEmbeddedStore } from '../../../../controller/adapters/embedded-store/embedded-store.ts';
import { hostHere } from '../../../../controller/adapters/embedded-store/host-here.ts';
import {
  createRevocations,
  type Revocations,
} from '../../../../controller/app/identity/revocations.ts';
import { issuedCertificateName } from '../../../../controller/app/store/fleet-keys.ts';
import type { Store } from '../../../../controller/ports/store.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import { failure } from '../../../support/failure.ts';

describe('revoked nodes', () => {
  let folder: string;
  let store: Store;
  const at = Date.parse('2026-05-01T10:00:00.500Z');
  const open = (cluster = 'default'): Revocations =>
    createRevocations({ store, cluster, now: () => at });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-revoked-'));
    store = createEmbeddedStore({
      folder,
      openHost: hostHere,
      earlierState: () => Promise.resolve([]),
      putAside: () => Promise.resolve(),
      logger: silentLogger,
    });
  });
  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  it('are refused with every certificate that began before, and with the shared token', async () => {
    const revocations = open();
    await revocations.revoke(['node-0'], 'ann');
    const isRevoked = (node: string, validFrom: number): boolean =>
      revocations.isRevoked({ node, validFrom });
    expect(isRevoked('node-0', at - 1)).to.equal(true);
    expect(isRevoked('node-0', at)).to.equal(true);
    expect(isRevoked('node-0', at + 1)).to.equal(false);
    expect(isRevoked('node-0', Number.NaN)).to.equal(true);
    expect(isRevoked('node-1', at - 1)).to.equal(false);
    expect(revocations.isNodeRevoked('node-0')).to.equal(true);
    expect(revocations.isNodeRevoked('node-1')).to.equal(false);
  });

  for (const [what, issued, connected] of [
    ['that the controller issued', 60_000, undefined],
    ['of the connection', undefined, 60_000],
    ['that the controller issued after that of the connection', 60_000, 30_000],
  ] as const) {
    it(`are refused with a certificate ${what}, also where the clock is behind its begin`, async () => {
      const begin = at + 60_000;
      if (issued !== undefined) {
        const [validFrom, until] = [issued, 90_000].map((ms) => new Date(at + ms).toISOString());
        const key = 'f'.repeat(64);
        const record = { formatVersion: 1, node: 'node-0', key, at: validFrom, validFrom };
        const text = JSON.stringify({ ...record, validUntil: until });
        await store.commit({ changes: [{ ...issuedCertificateName('default', 'node-0'), text }] });
      }
      const revocations = createRevocations({
        ...{ store, cluster: 'default', now: () => at },
        connectedFrom: () => connected && at + connected,
      });
      await revocations.revoke(['Node-0'], 'ann');
      const again = open();
      await again.load();
      for (const one of [revocations, again]) {
        expect(one.isRevoked({ node: 'node-0', validFrom: begin })).to.equal(true);
        expect(one.isRevoked({ node: 'node-0', validFrom: begin + 1000 })).to.equal(false);
        expect(one.list()).to.deep.equal([
          { node: 'node-0', at: new Date(begin).toISOString(), by: 'ann', clockBehind: true },
        ]);
      }
      expect(revocations.revokedAt('node-0')).to.equal(begin);
    });
  }

  it('are not taken back by another one with a slower clock', async () => {
    let now = at;
    let connected: number | undefined = at + 60_000;
    const revocations = createRevocations({
      ...{ store, cluster: 'default', now: () => now },
      connectedFrom: () => connected,
    });
    await revocations.revoke(['node-0'], 'ann');
    connected = undefined;
    now = at - 60_000;
    await revocations.revoke(['node-0'], 'bob');
    expect(revocations.isRevoked({ node: 'node-0', validFrom: at + 60_000 })).to.equal(true);
    expect(revocations.list()[0]).to.include({ by: 'bob', clockBehind: true });
  });

  it('are in the store, each cluster its own', async () => {
    await open().revoke(['Node-1', 'node-0'], 'ann');
    const again = open();
    await again.load();
    expect(again.list().map(({ node, by }) => [node, by])).to.deep.equal([
      ['node-0', 'ann'],
      ['node-1', 'ann'],
    ]);
    const other = open('other');
    await other.load();
    expect(other.list()).to.deep.equal([]);
    await again.restore(['NODE-0']);
    const last = open();
    await last.load();
    expect(last.list().map(({ node }) => node)).to.deep.equal(['node-1']);
  });

  it('stay revoked if their record cannot be read', async () => {
    for (const text of ['{"formatVersion":1}', '[]', '{"at":"never"}']) {
      await store.commit({ changes: [{ kind: 'revocation', key: 'default/node-0', text }] });
      const revocations = open();
      await revocations.load();
      expect(revocations.isRevoked({ node: 'node-0', validFrom: at * 2 }), text).to.equal(true);
    }
  });

  it('are told to the listener after they were read, and after each change', async () => {
    const revocations = open();
    const told: number[] = [];
    revocations.watch(() => told.push(revocations.list().length));
    await revocations.load();
    await revocations.revoke(['node-0'], 'ann');
    await revocations.restore(['node-0']);
    expect(told).to.deep.equal([0, 1, 0]);
  });

  it('have to be names of nodes, and revoked before they are restored', async () => {
    const revocations = open();
    const wrong = await failure(revocations.revoke(['node-0', 'a/b'], 'ann'));
    expect(wrong.message).to.contain('"a/b" cannot be the name of a node');
    const unknown = await failure(revocations.restore(['node-0']));
    expect(unknown.message).to.equal(
      'cannot undo the revocation of node-0: not revoked; calico-controller revoke lists the revoked nodes',
    );
    expect(revocations.list()).to.deep.equal([]);
  });
});
