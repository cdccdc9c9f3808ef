import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createEmbeddedStore } from '../../../../controller/adapters/embedded-store/embedded-store.ts';
import { hostHere } from '../../../../controller/adapters/embedded-store/host-here.ts';
import { leadFleet } from '../../../../controller/app/store/lead-fleet.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';

describe('why a controller of several waits', () => {
  it('names the leader, and what does not work meanwhile', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'calico-lead-'));
    const store = createEmbeddedStore({
      folder,
      openHost: hostHere,
      earlierState: () => Promise.resolve([]),
      putAside: () => Promise.resolve(),
      logger: silentLogger,
    });
    try {
      const [first, second] = [
        leadFleet(store, { holder: 'one' }),
        leadFleet(store, { holder: 'two' }),
      ];
      await first.claim();
      const waits = 'this controller stands by: one leads; it takes over when that one is gone';
      expect(await second.standby()).to.equal(waits);
      second.hindered('its port is taken');
      expect(await second.standby()).to.equal(`${waits}; its port is taken`);
      second.hindered(undefined);
      expect(await second.standby()).to.equal(waits);
      first.hindered('its port is taken');
      expect(await first.standby()).to.equal(undefined);
    } finally {
      await store.close();
      await rm(folder, { recursive: true });
    }
  });
});
