import { expect } from 'chai';
import { createLimit, forEachAtMost } from '../../../runtime/pacing/limit.ts';

/** Work whose end the test decides. */
interface Begun {
  readonly name: string;
  finish(): void;
  fail(): void;
}

function work(begun: Begun[], name: string): () => Promise<string> {
  return () =>
    new Promise((resolve, reject) => {
      begun.push({ name, finish: () => resolve(name), fail: () => reject(new Error(name)) });
    });
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a limit of concurrency', () => {
  let begun: Begun[];
  const names = (): string[] => begun.map(({ name }) => name);

  beforeEach(() => {
    begun = [];
  });

  it('runs a bounded number at once, and the others in their order', async () => {
    const limit = createLimit(2);
    const all = ['a', 'b', 'c', 'd'].map((name) => limit.run(work(begun, name)));
    await turn();
    expect(names()).to.deep.equal(['a', 'b']);
    begun[1]?.finish();
    await turn();
    expect(names()).to.deep.equal(['a', 'b', 'c']);
    begun[0]?.finish();
    await turn();
    for (const one of begun) one.finish();
    expect(await Promise.all(all)).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('gives the place of a failed one to the next', async () => {
    const limit = createLimit(1);
    const first = limit.run(work(begun, 'a'));
    const second = limit.run(work(begun, 'b'));
    await turn();
    begun[0]?.fail();
    expect(await first.catch((error: Error) => error.message)).to.equal('a');
    await turn();
    begun[1]?.finish();
    expect(await second).to.equal('b');
  });

  it('says whether further work would wait', async () => {
    const limit = createLimit(1);
    expect(limit.isFull()).to.equal(false);
    const first = limit.run(work(begun, 'a'));
    await turn();
    expect(limit.isFull()).to.equal(true);
    begun[0]?.finish();
    await first;
    expect(limit.isFull()).to.equal(false);
  });

  it('never lets later work overtake waiting work', async () => {
    const limit = createLimit(1);
    void limit.run(work(begun, 'a'));
    void limit.run(work(begun, 'b'));
    await turn();
    begun[0]?.finish();
    void limit.run(work(begun, 'c'));
    await turn();
    expect(names()).to.deep.equal(['a', 'b']);
  });

  it('begins no further item after a failure, and waits for the running ones', async () => {
    const all = forEachAtMost(2, ['a', 'b', 'c'], async (name) => {
      await work(begun, name)();
    });
    let ended = false;
    const outcome = all
      .then(
        () => 'done',
        (error: Error) => error.message,
      )
      .finally(() => {
        ended = true;
      });
    await turn();
    begun[0]?.fail();
    await turn();
    expect([names(), ended]).to.deep.equal([['a', 'b'], false]);
    begun[1]?.finish();
    expect(await outcome).to.equal('a');
  });
});
