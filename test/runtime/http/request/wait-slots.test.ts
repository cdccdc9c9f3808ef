import { expect } from 'chai';
import { createWaitSlots } from '../../../../runtime/http/request/wait-slots.ts';

describe('slots to wait in', () => {
  const gone = new AbortController().signal;

  it('answer at once when all are taken, and wait again when one is free', async () => {
    const slots = createWaitSlots(1);
    let finish = (): void => undefined;
    const first = slots.wait(60, gone, () => new Promise<void>((resolve) => (finish = resolve)));
    expect(await slots.wait(60, gone, (end) => Promise.resolve(end.aborted))).to.equal(true);
    finish();
    await first;
    expect(await slots.wait(60, gone, (end) => Promise.resolve(end.aborted))).to.equal(false);
  });
});
