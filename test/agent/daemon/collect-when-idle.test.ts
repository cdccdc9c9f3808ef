import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import sinon from 'sinon';
import { collectWhenIdle, processIdleDeps } from '../../../agent/daemon/collect-when-idle.ts';

const mib = 1024 * 1024;

describe('a daemon that waits', () => {
  let clock: sinon.SinonFakeTimers;
  let heap: number;
  let stays: number;
  let busy: number;
  let collections: number;
  let preferred: boolean[];
  let stop: () => void;
  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    heap = 9 * mib;
    stays = 7 * mib;
    busy = 0;
    collections = 0;
    preferred = [];
    stop = collectWhenIdle({
      collect: () => {
        collections += 1;
        heap = stays;
      },
      heapBytes: () => heap,
      busyPart: () => busy,
      preferSmall: (isIdle) => void preferred.push(isIdle),
    });
  });
  afterEach(() => {
    stop();
    clock.restore();
  });

  it('gives back what its start left in two collections, one after the other', () => {
    clock.tick(1000);
    expect(collections).to.equal(1);
    clock.tick(30_000);
    expect(collections).to.equal(2);
  });

  it('does so again after it worked', () => {
    clock.tick(2000);
    heap += 2 * mib;
    clock.tick(1000);
    expect(collections).to.equal(3);
  });

  it('does not collect a second time while it works', () => {
    clock.tick(1000);
    busy = 0.3;
    clock.tick(30_000);
    expect(collections).to.equal(1);
  });

  it('has V8 keep the heap small while it is idle, and not while it works', () => {
    clock.tick(3000);
    expect(preferred).to.deep.equal([true]);
    busy = 0.3;
    clock.tick(3000);
    expect(preferred).to.deep.equal([true, false]);
  });

  it('does not while it works', () => {
    busy = 0.3;
    clock.tick(30_000);
    expect(collections).to.equal(0);
  });

  it('does not where that would hold up the event loop', () => {
    heap = 100 * mib;
    clock.tick(30_000);
    expect(collections).to.equal(0);
  });

  it('gives back a large heap of which little stays', () => {
    clock.tick(2000);
    heap = 20 * mib;
    clock.tick(1000);
    expect(collections).to.equal(3);
  });

  it('leaves a heap to V8 of which much stayed', () => {
    heap = 16 * mib;
    stays = 17 * mib;
    clock.tick(2000);
    heap = 20 * mib;
    clock.tick(30_000);
    expect(collections).to.equal(1);
  });

  it('ends with the daemon', () => {
    stop();
    clock.tick(30_000);
    expect(collections).to.equal(0);
  });

  it('really collects, in a node without flags', async () => {
    const garbage = new WeakRef({});
    // A WeakRef keeps its object until the current job ends.
    await new Promise((resolve) => setImmediate(resolve));
    processIdleDeps().collect();
    expect(garbage.deref()).to.equal(undefined);
    expect('gc' in globalThis).to.equal(false);
  });

  it('goes on where a flag gives the collection another name', () => {
    const file = new URL('../../../agent/daemon/collect-when-idle.ts', import.meta.url).href;
    const code = `(await import('${file}')).processIdleDeps().collect()`;
    const flags = ['--expose-gc-as=other', '--import', 'tsx', '--input-type=module', '-e', code];
    const { status, stderr } = spawnSync(process.execPath, flags, { encoding: 'utf8' });
    expect([status, stderr]).to.deep.equal([0, '']);
  }).timeout(60_000);
});
