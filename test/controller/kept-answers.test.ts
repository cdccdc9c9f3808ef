/** What nodes answered is known after a restart of the controller, also after a kill. */
import { expect } from 'chai';
import type { OpenHost } from '../../controller/adapters/embedded-store/database-host.ts';
import { hostHere } from '../../controller/adapters/embedded-store/host-here.ts';
import { startController } from '../../controller/compose.ts';
import { silentLogger } from '../../runtime/log/logger.ts';
import { eventually } from '../support/eventually.ts';
import { MemoryAgent } from '../support/twins/memory-agent.ts';
import { configWith, Lab } from './running.ts';

describe('the answers of nodes, after a restart of the controller', function () {
  this.timeout(60_000);
  let lab: Lab;
  /** True: nothing is written any more. */
  let isDead: boolean;
  const openHost: OpenHost = (file) => {
    const host = hostHere(file);
    return {
      ...host,
      commit: (transaction) =>
        isDead ? Promise.reject(new Error('killed')) : host.commit(transaction),
    };
  };
  beforeEach(async () => {
    lab = await Lab.make();
    isDead = false;
  });
  afterEach(async () => {
    await lab.close();
  });

  const joined = (count: number): Promise<void> =>
    eventually(async () => expect((await lab.status()).connected).to.equal(count));
  const start = async (): Promise<void> => {
    isDead = false;
    lab.controller = await startController(lab.settings(), silentLogger, { openHost });
  };
  /** As after kill -9: nothing is written that is not on disk yet. */
  const killAndStart = async (): Promise<void> => {
    isDead = true;
    await lab.stopController();
    await start();
  };

  it('has every answer on disk that push --wait shows', async () => {
    await start();
    lab.connect(new MemoryAgent({ name: 'node-0' }));
    lab.connect(
      new MemoryAgent({ name: 'node-1', address: '10.0.0.3/24', refuses: 'source-not-permitted' }),
    );
    await joined(2);
    const { nodes, revision } = await lab.push(configWith(64_513), 60);
    expect(nodes?.map(({ state }) => state)).to.deep.equal(['confirmed', 'failed']);
    await killAndStart();
    const [one, other] = [await lab.node('node-0'), await lab.node('node-1')];
    expect(one?.push).to.deep.equal({ state: 'confirmed' });
    expect(other?.push).to.deep.include({
      state: 'failed',
      code: 'source-not-permitted',
      message: 'not here',
    });
    expect(revision.number).to.equal(1);
  });

  it('has the revisions that nodes reported, and says so of a node that is away', async () => {
    await start();
    const channel = lab.connect(new MemoryAgent({ name: 'node-0' }));
    await joined(1);
    const { revision } = await lab.push(configWith(64_513), 60);
    await eventually(async () =>
      expect((await lab.node('node-0'))?.confirmed).to.deep.equal(revision),
    );
    await channel.stop();
    await joined(0);
    await killAndStart();
    const node = await lab.node('node-0');
    expect(node).to.deep.include({ connected: false, confirmed: revision, inForce: revision });
    expect(node?.state).to.equal(undefined);
  });

  it('believes the agent where it says something else than before', async () => {
    await start();
    const channel = lab.connect(new MemoryAgent({ name: 'node-0' }));
    await joined(1);
    await lab.push(configWith(64_513), 60);
    await channel.stop();
    await lab.stopController();
    await start();
    expect((await lab.node('node-0'))?.push).to.deep.equal({ state: 'confirmed' });
    // The machine was set up anew, and its agent gets no further than this.
    lab.connect(new MemoryAgent({ name: 'node-0', reaches: 'applied' }));
    await eventually(async () =>
      expect((await lab.node('node-0'))?.push).to.deep.equal({ state: 'applied' }),
    );
  });

  it('forgets them with the node', async () => {
    await start();
    const channel = lab.connect(new MemoryAgent({ name: 'node-0' }));
    await joined(1);
    await lab.push(configWith(64_513), 60);
    await channel.stop();
    await joined(0);
    await lab.ask('DELETE', '/v1/nodes?name=node-0');
    await lab.stopController();
    await start();
    lab.connect(new MemoryAgent({ name: 'node-0', reaches: 'accepted' }));
    await eventually(async () =>
      expect((await lab.node('node-0'))?.push).to.deep.equal({ state: 'received' }),
    );
  });
});
