import { expect } from 'chai';
import sinon from 'sinon';
import { holdLease } from '../../../../controller/adapters/etcd-store/held-lease.ts';

describe('a lease of etcd that is held', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: 1000 });
  });
  afterEach(() => {
    clock.restore();
  });

  /** @param answer of the renewal with this number, from 1 */
  const hold = (
    answer: (renewal: number) => Promise<boolean>,
    isUsed?: () => Promise<boolean>,
  ): ReturnType<typeof holdLease> => {
    let renewals = 0;
    return holdLease(
      {
        grantLease: () => Promise.resolve('7'),
        keepLease: () => answer((renewals += 1)),
        revokeLease: () => Promise.resolve(),
      },
      15,
      isUsed,
    );
  };
  const hanging = (): Promise<boolean> => new Promise(() => undefined);

  it('is renewed by another call where one hangs', async () => {
    const lease = await hold((renewal) => (renewal === 1 ? hanging() : Promise.resolve(true)));
    await clock.tickAsync(60_000);
    expect(lease.lost.aborted).to.equal(false);
    await lease.release();
    expect(lease.lost.aborted).to.equal(true);
  });

  it('is kept where both calls of a renewal take most of the time for one', async () => {
    const slow = (): Promise<boolean> =>
      new Promise((resolve) => setTimeout(() => resolve(true), 4000));
    const lease = await hold(slow, slow);
    await clock.tickAsync(60_000);
    expect(lease.lost.aborted).to.equal(false);
    lease.end();
  });

  it('is lost with what it is for, although etcd renews it', async () => {
    const lease = await hold(
      () => Promise.resolve(true),
      () => Promise.resolve(false),
    );
    await clock.tickAsync(5100);
    expect(lease.lost.aborted).to.equal(true);
  });

  it('is lost when its time ends, where all calls hang', async () => {
    const lease = await hold(hanging);
    await clock.tickAsync(14_900);
    expect(lease.lost.aborted).to.equal(false);
    await clock.tickAsync(200);
    expect(lease.lost.aborted).to.equal(true);
  });

  it('is lost at once where etcd does not have it any more', async () => {
    const lease = await hold(() => Promise.resolve(false));
    await clock.tickAsync(5100);
    expect(lease.lost.aborted).to.equal(true);
  });
});
