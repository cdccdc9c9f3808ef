import { expect } from 'chai';
import sinon from 'sinon';
import { createEtcdLeaders } from '../../../../controller/adapters/etcd-store/etcd-leaders.ts';
import type { EtcdClient } from '../../../../runtime/etcd/etcd-client.ts';

describe('leadership over etcd', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: 1000 });
  });
  afterEach(() => {
    clock.restore();
  });

  for (const [what, modified] of [
    ['is removed', undefined],
    ['is that of another leader', '6'],
  ] as const) {
    it(`is lost with the next renewal where the key ${what}, and no watch tells it`, async () => {
      let found: string | undefined;
      const leading = await createEtcdLeaders({
        client: clientWith(() => found),
        prefix: '/x/',
        ttlSeconds: 15,
      }).lead('fleet', { holder: 'one' });
      if (!('token' in leading)) throw new Error(`${leading.holder} leads`);
      found = '5';
      await clock.tickAsync(60_000);
      expect(leading.stands()).to.equal(true);
      found = modified;
      await clock.tickAsync(5100);
      expect(leading.stands()).to.equal(false);
      expect(leading.lost.aborted).to.equal(true);
    });
  }
});

/** @param modified the revision of the leader's key; undefined: there is none */
function clientWith(modified: () => string | undefined): EtcdClient {
  const unused = (): never => {
    throw new Error('not used');
  };
  return {
    read: ([range]) => {
      const revision = modified();
      const key = range !== undefined && 'key' in range ? range.key : '';
      const one = { key, value: '{}', created: '5', lease: '7' };
      const ranges = [revision === undefined ? [] : [{ ...one, modified: revision }]];
      return Promise.resolve({ revision: '9', clusterId: '1', ranges });
    },
    commit: () => Promise.resolve({ done: true, revision: '5' }),
    grantLease: () => Promise.resolve('7'),
    keepLease: () => Promise.resolve(true),
    revokeLease: () => Promise.resolve(),
    watch: () => ({ stop: () => undefined }),
    readParts: unused,
    readPage: unused,
    statuses: unused,
    close: () => undefined,
  };
}
