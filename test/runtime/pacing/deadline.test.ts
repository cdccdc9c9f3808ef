import { expect } from 'chai';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import sinon from 'sinon';
import { withDeadline } from '../../../runtime/pacing/deadline.ts';

describe('a deadline', () => {
  let clock: sinon.SinonFakeTimers;

  beforeEach(() => {
    clock = sinon.useFakeTimers();
  });
  afterEach(() => clock.restore());

  it('ends the work when the time is over', async () => {
    const ended = withDeadline(1000, undefined, async ({ signal, isOver }) => {
      await aborted(signal);
      return isOver();
    });
    await clock.tickAsync(1000);
    expect(await ended).to.equal(true);
  });

  it('stands still during work of this program, and goes on where it was', async () => {
    const ended = withDeadline(1000, undefined, async ({ signal, isOver, uncounted }) => {
      await new Promise((resolve) => void setTimeout(resolve, 600));
      await uncounted(() => new Promise((resolve) => void setTimeout(resolve, 60_000)));
      const before = isOver();
      await aborted(signal);
      return [before, performance.now()];
    });
    await clock.tickAsync(61_000);
    expect(await ended).to.deep.equal([false, 61_000]);
    expect(clock.countTimers()).to.equal(0);
  });

  it('ends the work when the other signal is aborted, and does not call that late', async () => {
    const parent = new AbortController();
    const ended = withDeadline(1000, parent.signal, async ({ signal, isOver }) => {
      await aborted(signal);
      return isOver();
    });
    parent.abort();
    expect(await ended).to.equal(false);
  });

  it('leaves neither a timer nor a listener behind', async () => {
    const parent = new AbortController();
    const remove = sinon.spy(parent.signal, 'removeEventListener');
    await withDeadline(1000, parent.signal, () => Promise.resolve());
    expect(clock.countTimers()).to.equal(0);
    expect(remove.calledOnce).to.equal(true);
  });
});

describe('waits of the agent', () => {
  it('end in time during garbage collection', async function () {
    this.timeout(60_000);
    const script = path.resolve('test/runtime/waits-under-gc.child.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--expose-gc',
      '--import',
      'tsx',
      script,
    ]);
    expect(JSON.parse(stdout)).to.deep.equal({
      'PUT /v1/config?wait=0.3': 'answered',
      'POST /v1/hooks?wait=0.3': 'answered',
      'a request to a daemon': 'failed',
      'a request to LXD': 'failed',
    });
  });

  it('never come from AbortSignal.any or AbortSignal.timeout', async () => {
    const found = await promisify(execFile)('grep', [
      '-rnE',
      String.raw`AbortSignal\.(any|timeout)\(`,
      ...['agent', 'controller', 'runtime'],
    ]).catch((error: unknown) => error);
    expect(found).to.have.property('stdout', '');
  });
});

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
