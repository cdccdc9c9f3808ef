/** Empty stores of each engine, for what the controller keeps in them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createEmbeddedStore } from '../../../controller/adapters/embedded-store/embedded-store.ts';
import { hostHere } from '../../../controller/adapters/embedded-store/host-here.ts';
import type { Store } from '../../../controller/ports/store.ts';
import { openEtcd } from '../../../controller/stores.ts';
import { silentLogger } from '../../../runtime/log/logger.ts';
import { needsEtcd, startEtcd, type RunningEtcd } from './etcd.ts';

/**
 * Defines the same tests over each engine.
 * @param define gets a function that opens the store of the test: empty at first, and as it was left
 *   when it is opened again after it was closed
 */
export function overEachStore(define: (open: () => Promise<Store>) => void): void {
  describe('in the embedded store', () => {
    let folder: string;
    beforeEach(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'calico-controller-store-'));
    });
    afterEach(() => rm(folder, { recursive: true }));
    define(() =>
      Promise.resolve(
        createEmbeddedStore({
          folder,
          openHost: hostHere,
          earlierState: () => Promise.resolve([]),
          putAside: () => Promise.resolve(),
          logger: silentLogger,
        }),
      ));
  });

  describe('in etcd', () => {
    let etcd: RunningEtcd;
    let prefixes = 0;
    before(async function () {
      needsEtcd(this);
      etcd = await startEtcd();
    });
    after(async () => {
      await etcd.stop();
    });
    beforeEach(() => {
      prefixes += 1;
    });
    define(() =>
      openEtcd(
        {
          endpoints: [etcd.endpoint],
          prefix: `/store/${String(prefixes)}/`,
          timeoutSeconds: 20,
        },
        'default',
      ));
  });
}
