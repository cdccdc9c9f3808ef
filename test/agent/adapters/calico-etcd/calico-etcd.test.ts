import { needsEtcd, startEtcd, type RunningEtcd } from '../../../support/servers/etcd.ts';
import { describeCalicoDatastore } from '../../ports/calico-datastore.contract.ts';
import { describeConnectedDatastore } from '../../ports/connected-datastore.contract.ts';
import { nodeDocument, openSharedEtcd, type SharedEtcd } from './shared-etcd.ts';

describe('the etcd driver', function () {
  let etcd: RunningEtcd;
  let store: SharedEtcd;
  const started: RunningEtcd[] = [];
  before(async function () {
    needsEtcd(this);
    etcd = await startEtcd();
    started.push(etcd);
  });
  after(() => Promise.all(started.map((one) => one.stop())));
  afterEach(() => store.close());

  describe('as a datastore', () => {
    describeCalicoDatastore(async () => {
      store = await openSharedEtcd(etcd);
      await store.put(nodeDocument('Node-A.example', '10.0.0.13/24'));
      const { datastore, writerLease: lease } = store.connect('Node-A.example');
      return {
        ...datastore,
        apply: async (step, revision) => {
          const claim = await lease.claim();
          await datastore.apply(step, revision, claim.held ? claim.fence : undefined);
        },
      };
    });
  });

  describe('as a datastore of many writers', () => {
    describeConnectedDatastore(async () => {
      store = await openSharedEtcd(etcd);
      return store;
    });
  });
});
