import { expect } from 'chai';
import { createControllerLink } from '../../../agent/daemon/controller-link.ts';
import { createAdapterHealth } from '../../../agent/app/health/adapter-health.ts';
import { silentLogger } from '../../../runtime/log/logger.ts';
import { MemoryAgent } from '../../support/twins/memory-agent.ts';

class Agent extends MemoryAgent {
  readonly health = createAdapterHealth({ now: () => '2026-01-01T00:00:00Z' });

  refreshStatus(): void {
    // These tests do not read it.
  }
}

describe('the link with the controller', () => {
  it('does not begin anew once it was stopped, even if it had just begun to', async () => {
    const link = createControllerLink(silentLogger, '/nowhere');
    const settings = { url: 'ws://127.0.0.1:1', tokenFile: '/nowhere' };
    const following = link.follow(new Agent({ name: 'node-0' }), settings);
    await link.stop();
    await following;
    expect(link.state()).to.equal(undefined);
    await link.follow(new Agent({ name: 'node-0' }), settings);
    expect(link.state()).to.equal(undefined);
  });
});
