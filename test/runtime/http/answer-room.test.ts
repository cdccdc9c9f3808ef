import { expect } from 'chai';
import type { Buffer } from 'node:buffer';
import { createAnswerRoom, type HeldReply } from '../../../runtime/http/answer-room.ts';
import { json, type Reply } from '../../../runtime/http/route.ts';
import { failure } from '../../support/failure.ts';

const kib = 1024;
const still = new AbortController().signal;

describe('the room for large answers', () => {
  const room = createAnswerRoom({ answerBytes: 100 * kib, roomMs: 60_000 });
  const made: string[] = [];
  const hold = (
    name: string,
    size: number,
    { gone = still, mayRepeat = true } = {},
  ): Promise<HeldReply> =>
    room.hold({
      make: () => {
        made.push(name);
        return json('x'.repeat(size * kib - 2));
      },
      mayRepeat,
      gone: () => gone,
    });
  beforeEach(() => made.splice(0));
  /** Whether it has an answer already. */
  const isHere = (asked: Promise<unknown>): Promise<boolean> =>
    Promise.race([
      asked.then(() => true),
      new Promise<boolean>((resolve) => setImmediate(() => setImmediate(() => resolve(false)))),
    ]);

  it('gives room to those who wait in their order, and makes their answers only then', async () => {
    const first = await hold('first', 60);
    const second = hold('second', 90);
    const third = hold('third', 40);
    expect(await isHere(Promise.race([second, third]))).to.equal(false);
    made.splice(0);
    first.release();
    const held = await second;
    expect(await isHere(third)).to.equal(false);
    expect(made).to.deep.equal(['second']);
    held.release();
    (await third).release();
  });

  it('lets an answer go that is larger than all of it, once nothing else is there', async () => {
    const first = await hold('first', 40);
    const large = hold('large', 500);
    expect(await isHere(large)).to.equal(false);
    first.release();
    const held = await large;
    expect(held.content.length).to.equal(500 * kib);
    held.release();
  });

  it('counts an answer once that many clients read', async () => {
    const reply: Reply = json('x'.repeat(90 * kib));
    const share = (): Promise<HeldReply> =>
      room.hold({ make: () => reply, mayRepeat: true, gone: () => still });
    const all = await Promise.all([share(), share(), share()]);
    const contents = new Set<string | Buffer>(all.map(({ content }) => content));
    expect(contents.size).to.equal(1);
    for (const one of all.slice(1)) one.release();
    expect(await isHere(hold('other', 50).then((held) => held.release()))).to.equal(false);
    all[0].release();
    expect(await isHere(hold('again', 50).then((held) => held.release()))).to.equal(true);
  });

  it('keeps the answer of a request that changes something, and does not do it again', async () => {
    const first = await hold('first', 90);
    const change = hold('change', 50, { mayRepeat: false });
    expect(await isHere(change)).to.equal(false);
    first.release();
    (await change).release();
    expect(made).to.deep.equal(['first', 'change']);
  });

  it('leaves no room to a client that went away, or whose answer failed', async () => {
    const first = await hold('first', 90);
    const client = new AbortController();
    const gone = failure(hold('gone', 50, { gone: client.signal }));
    let times = 0;
    const failing = room
      .hold({
        make: () => {
          times += 1;
          if (times > 1) throw new Error('the second time');
          return json('x'.repeat(50 * kib));
        },
        mayRepeat: true,
        gone: () => still,
      })
      .catch(String);
    const next = hold('next', 100);
    expect(await isHere(next)).to.equal(false);
    client.abort();
    expect((await gone).code).to.equal('busy');
    first.release();
    expect(await failing).to.equal('Error: the second time');
    (await next).release();
  });

  it('lets the next ones go when the first of the line, which finds no room, goes away', async () => {
    const first = await hold('first', 60);
    const client = new AbortController();
    const gone = failure(hold('gone', 90, { gone: client.signal }));
    const next = hold('next', 40);
    expect(await isHere(next)).to.equal(false);
    client.abort();
    expect((await gone).code).to.equal('busy');
    expect(await isHere(next)).to.equal(true);
    (await next).release();
    first.release();
  });

  it('refuses a request after a time', async () => {
    const small = createAnswerRoom({ answerBytes: 100 * kib, roomMs: 20 });
    const asked = { make: () => json('x'.repeat(90 * kib)), mayRepeat: true, gone: () => still };
    const first = await small.hold(asked);
    expect((await failure(small.hold(asked))).code).to.equal('busy');
    first.release();
    (await small.hold(asked)).release();
  });
});
