import { expect } from 'chai';
import sinon from 'sinon';
import { hostOnThread } from '../../../../controller/adapters/embedded-store/host-on-thread.ts';
import { failure } from '../../../support/failure.ts';

/** A thread that answers nothing, and ends when it shall close. */
const silent = new URL(
  `data:text/javascript,import { parentPort } from 'node:worker_threads';
  parentPort.on('message', ({ question }) => question.operation === 'close' && process.exit());`,
);

describe('the thread of the embedded store', function () {
  this.timeout(60_000);
  const open = hostOnThread(silent);

  it('takes no further operations when one has had no answer for a minute', async () => {
    const clock = sinon.useFakeTimers({ toFake: ['performance'] });
    const host = open('/nowhere');
    const first = failure(host.isThere());
    clock.tick(59_000);
    const second = failure(host.isThere());
    clock.tick(2000);
    const refused = await failure(host.isThere());
    clock.restore();
    expect([refused.code, refused.retryable]).to.deep.equal(['io-failed', true]);
    expect(refused.message).to.contain('the disk has not answered for a minute');
    await host.close().catch(() => undefined);
    for (const { message } of [await first, await second]) {
      expect(message).to.contain('its thread has ended');
    }
  });

  it('is not started again after it was closed', async () => {
    const host = open('/nowhere');
    await host.close();
    const refused = await failure(host.isThere());
    expect([refused.code, refused.retryable]).to.deep.equal(['not-ready', true]);
  });
});
