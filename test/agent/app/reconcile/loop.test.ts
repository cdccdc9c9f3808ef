import { expect } from 'chai';
import { createLoop } from '../../../../agent/app/reconcile/loop.ts';
import { createManualClock } from '../../../support/clocks/manual-clock.ts';

describe('the loop', () => {
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  };

  it('runs one pass at a time, and one more after a wake during a pass', async () => {
    let running = 0;
    let most = 0;
    let passes = 0;
    const ends: (() => void)[] = [];
    const loop = createLoop(createManualClock());
    loop.run(async () => {
      running += 1;
      passes += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => ends.push(resolve));
      running -= 1;
      return undefined;
    });
    loop.wake();
    loop.wake();
    loop.wake();
    await turns();
    expect(passes).to.equal(1);
    loop.wake();
    ends.shift()?.();
    await turns();
    expect(passes).to.equal(2);
    ends.shift()?.();
    await turns();
    expect([passes, most]).to.deep.equal([2, 1]);
  });

  it('keeps wakes and tasks until it has a pass to run', async () => {
    const loop = createLoop(createManualClock());
    let passes = 0;
    loop.wake();
    const task = loop.between(() => Promise.resolve(passes));
    await turns();
    expect(loop.underWay()).to.equal(undefined);
    loop.run(() => {
      passes += 1;
      return Promise.resolve(undefined);
    });
    expect(await task).to.equal(0);
    await turns();
    expect(passes).to.equal(1);
  });

  it('runs again after the time that the pass asked for', async () => {
    const clock = createManualClock();
    let passes = 0;
    const loop = createLoop(clock);
    loop.run(() => {
      passes += 1;
      return Promise.resolve(1000);
    });
    loop.wake();
    await turns();
    clock.advance(999);
    await turns();
    expect(passes).to.equal(1);
    clock.advance(1);
    await turns();
    expect(passes).to.equal(2);
  });

  it('waits for the running pass when it stops, and runs none afterwards', async () => {
    const clock = createManualClock();
    let end = (): void => undefined;
    let passes = 0;
    const loop = createLoop(clock);
    loop.run(async () => {
      passes += 1;
      await new Promise<void>((resolve) => {
        end = resolve;
      });
      return 1;
    });
    loop.wake();
    await turns();
    let stopped = false;
    const stop = async (): Promise<void> => {
      await loop.stop();
      stopped = true;
    };
    const stopping = stop();
    await turns();
    expect(stopped).to.equal(false);
    end();
    await stopping;
    loop.wake();
    clock.advance(10);
    await turns();
    expect(passes).to.equal(1);
  });
});
