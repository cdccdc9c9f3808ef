import { expect } from 'chai';
import { useFakeTimers, type SinonFakeTimers } from 'sinon';
import { createNodeStore } from '../../../../controller/app/nodes/node-store.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';

describe('the node store', () => {
  let clock: SinonFakeTimers;
  let writes: number;
  const save = (): Promise<void> => {
    writes += 1;
    return Promise.resolve();
  };
  beforeEach(() => {
    clock = useFakeTimers();
    writes = 0;
  });
  afterEach(() => {
    clock.restore();
  });

  it('writes once for five thousand changes', async () => {
    const nodeStore = createNodeStore(save, { delayMs: 1000 }, 'the nodes', silentLogger);
    for (let change = 0; change < 5000; change += 1) nodeStore.changed();
    expect(writes).to.equal(0);
    await clock.tickAsync(1000);
    expect(writes).to.equal(1);
    await clock.tickAsync(10_000);
    expect(writes).to.equal(1);
  });

  describe('that waits for a moment of quiet', () => {
    const pace = { delayMs: 40, quietMs: 4 };

    it('writes a burst as soon as it has ended', async () => {
      const nodeStore = createNodeStore(save, pace, 'the answers', silentLogger);
      for (let ms = 0; ms < 10; ms += 1) {
        nodeStore.changed();
        await clock.tickAsync(1);
      }
      expect(writes).to.equal(0);
      await clock.tickAsync(7);
      expect(writes).to.equal(1);
      await clock.tickAsync(10_000);
      expect(writes).to.equal(1);
    });

    it('writes in between while changes go on coming', async () => {
      const nodeStore = createNodeStore(save, pace, 'the answers', silentLogger);
      for (let ms = 0; ms < 400; ms += 1) {
        nodeStore.changed();
        await clock.tickAsync(1);
      }
      expect(writes).to.be.within(8, 10);
    });

    it('does not write each of the changes that come one by one', async () => {
      const nodeStore = createNodeStore(save, pace, 'the answers', silentLogger);
      for (let change = 0; change < 40; change += 1) {
        nodeStore.changed();
        await clock.tickAsync(10);
      }
      expect(writes).to.be.within(10, 20);
    });
  });

  it('writes the rest when it is flushed, and only then', async () => {
    const nodeStore = createNodeStore(save, { delayMs: 1000 }, 'the nodes', silentLogger);
    await nodeStore.flush();
    expect(writes).to.equal(0);
    nodeStore.changed();
    await nodeStore.flush();
    expect(writes).to.equal(1);
  });

  it('retries a failed write by itself, shows the reason until then, and logs it once', async () => {
    const errors: string[] = [];
    const logger = { ...silentLogger, error: (message: string) => void errors.push(message) };
    const failing = (): Promise<void> =>
      writes < 3 ? save().then(() => Promise.reject(new Error('disk full'))) : save();
    const nodeStore = createNodeStore(failing, { delayMs: 1000 }, 'the nodes', logger);
    nodeStore.changed();
    await clock.tickAsync(1000);
    expect(nodeStore.problem()).to.equal('cannot write the nodes to disk: disk full');
    await clock.tickAsync(60_000);
    expect(writes).to.equal(4);
    expect(nodeStore.problem()).to.equal(undefined);
    expect(errors).to.deep.equal(['cannot write the nodes to disk: disk full']);
    await clock.tickAsync(60_000);
    expect(writes).to.equal(4);
  });

  it('stops retrying once it is flushed', async () => {
    const nodeStore = createNodeStore(
      () => save().then(() => Promise.reject(new Error('disk full'))),
      { delayMs: 1000 },
      'the nodes',
      silentLogger,
    );
    nodeStore.changed();
    await nodeStore.flush();
    await clock.tickAsync(60_000);
    expect(writes).to.equal(1);
  });
});
