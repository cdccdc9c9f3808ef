import { expect } from 'chai';
import { useFakeTimers, type SinonFakeTimers } from 'sinon';
import { createNodeKeeper } from '../../../../controller/app/fleet/keep-nodes.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import type { StoredNode } from '../../../../schemas/generated/controller-state.ts';

function stored(name: string): StoredNode {
  return { name, facts: {}, agentVersion: '0.1.0', lastSeenAt: '2026-01-01T00:00:00Z' };
}

describe('the keeper of nodes', () => {
  let clock: SinonFakeTimers;
  let writes: readonly (readonly [kind: string, ...names: string[]])[];
  let isFull: boolean;

  const keep = (): ReturnType<typeof createNodeKeeper> => {
    const write = (kind: string, nodes: readonly StoredNode[]): Promise<void> => {
      if (isFull) return Promise.reject(new Error('the disk is full'));
      writes = [...writes, [kind, ...nodes.map(({ name }) => name)]];
      return Promise.resolve();
    };
    return createNodeKeeper({
      fleet: () => ({
        stored: (names = ['node-0', 'node-1', 'node-2']) => names.map(stored),
        unreadable: () => [],
      }),
      store: {
        saveNodes: (nodes) => write('all', nodes),
        saveSomeNodes: (nodes) => write('some', nodes),
      },
      delayMs: 1000,
      logger: silentLogger,
    });
  };

  beforeEach(() => {
    clock = useFakeTimers();
    writes = [];
    isFull = false;
  });
  afterEach(() => {
    clock.restore();
  });

  it('writes only the nodes that have changed, together', async () => {
    const keeper = keep();
    for (const name of ['node-1', 'node-2', 'node-1']) keeper.changed(name);
    await clock.tickAsync(1000);
    keeper.changed('node-0');
    await clock.tickAsync(1000);
    expect(writes).to.deep.equal([
      ['some', 'node-1', 'node-2'],
      ['some', 'node-0'],
    ]);
  });

  it('writes all after a removal, which only the whole shows', async () => {
    const keeper = keep();
    keeper.changed('node-1');
    keeper.changed();
    await keeper.flush();
    expect(writes).to.deep.equal([['all', 'node-0', 'node-1', 'node-2']]);
  });

  for (const [name, last] of [
    ['node-1', ['some', 'node-1', 'node-2']],
    [undefined, ['all', 'node-0', 'node-1', 'node-2']],
  ] as const) {
    it(`writes what failed with later changes: ${name ?? 'all'}`, async () => {
      const keeper = keep();
      isFull = true;
      keeper.changed(name);
      await clock.tickAsync(1000);
      expect(keeper.problem()).to.contain('the disk is full');
      isFull = false;
      keeper.changed('node-2');
      await keeper.flush();
      expect(writes).to.deep.equal([last]);
    });
  }
});
