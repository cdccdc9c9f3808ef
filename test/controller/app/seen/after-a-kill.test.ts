/** A real controller that is killed, with real agents. */
import { expect } from 'chai';
import type { OpenHost } from '../../../../controller/adapters/embedded-store/database-host.ts';
import { hostHere } from '../../../../controller/adapters/embedded-store/host-here.ts';
import { seenOf } from '../../../../controller/app/seen/seen-record.ts';
import { startController } from '../../../../controller/compose.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import { eventually } from '../../../support/eventually.ts';
import { MemoryAgent } from '../../../support/twins/memory-agent.ts';
import { Lab } from '../../running.ts';

describe('a controller that was killed', function () {
  this.timeout(60_000);
  let lab: Lab;
  /** True: nothing is written any more. */
  let isDead = false;
  const noted: string[] = [];
  const openHost: OpenHost = (file) => {
    const host = hostHere(file);
    return {
      ...host,
      commit: async (transaction) => {
        if (isDead) throw new Error('killed');
        const committed = await host.commit(transaction);
        for (const { kind, text = '' } of transaction.changes)
          if (kind === 'seen') noted.push(text);
        return committed;
      },
    };
  };
  const start = async (): Promise<void> => {
    // An agent that is asked often says something often.
    const liveness = { pingAfterMs: 20, silenceMs: 60_000 };
    const settings = lab.settings({ timing: { liveness, tickMs: 20, seenMs: 50 } });
    lab.controller = await startController(settings, silentLogger, { openHost });
  };
  before(async () => {
    lab = await Lab.make();
  });
  after(() => lab.close());

  it('knows until when its nodes were connected, and which were away', async () => {
    await start();
    lab.connect(new MemoryAgent({ name: 'node-0' }));
    const leaving = lab.connect(new MemoryAgent({ name: 'node-1' }));
    await eventually(async () => expect((await lab.status()).connected).to.equal(2));
    await leaving.stop();
    await eventually(async () => expect((await lab.status()).connected).to.equal(1));
    const left = (await lab.node('node-1'))?.lastSeenAt;
    // Its own record has the time of its connection.
    const { since = '' } = (await lab.node('node-0')) ?? {};
    await eventually(() => {
      const seen = seenOf(noted.at(-1) ?? '');
      expect(seen?.at.localeCompare(since)).to.equal(1);
      expect(seen?.wasConnected('node-0')).to.equal(true);
      expect(seen?.wasConnected('node-1')).to.equal(false);
    });
    isDead = true;
    await lab.stopController();
    isDead = false;
    await start();
    expect(await lab.node('node-0')).to.include({
      connected: false,
      lastSeenAt: seenOf(noted.at(-1) ?? '')?.at,
    });
    expect(await lab.node('node-1')).to.include({ connected: false, lastSeenAt: left });
  });
});
