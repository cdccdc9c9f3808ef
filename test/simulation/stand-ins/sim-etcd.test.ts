/** The simulated etcd keeps the contract of the controller's store, as the real one does. */
import { createEtcdStore } from '../../../controller/adapters/etcd-store/etcd-store.ts';
import { storeContract } from '../../controller/ports/store.contract.ts';
import { SimProcess } from '../world/sim-process.ts';
import { World } from '../world/world.ts';
import { SimEtcd } from './sim-etcd.ts';

describe('the simulated etcd', function () {
  this.timeout(60_000);
  let etcd: SimEtcd;
  let process: SimProcess;
  let isOver: boolean;
  beforeEach(() => {
    const world = new World(1);
    etcd = new SimEtcd({ world, reaches: () => true });
    process = new SimProcess(world, 'test');
    isOver = false;
    const run = async (): Promise<void> => {
      while (!isOver) {
        await world.pass(100);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    void run();
  });
  afterEach(() => {
    isOver = true;
  });
  storeContract(() =>
    Promise.resolve(createEtcdStore({ client: etcd.client(process), prefix: '/c/' })),
  );
});
