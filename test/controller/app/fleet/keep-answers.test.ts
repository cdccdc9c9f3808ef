import { expect } from 'chai';
import { useFakeTimers, type SinonFakeTimers } from 'sinon';
import { createAnswerKeeper } from '../../../../controller/app/fleet/keep-answers.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';

describe('keeping the answers of nodes', () => {
  let clock: SinonFakeTimers;
  let written: (readonly string[])[];
  let fails: boolean;
  beforeEach(() => {
    clock = useFakeTimers();
    written = [];
    fails = false;
  });
  afterEach(() => {
    clock.restore();
  });
  const make = (save?: () => Promise<void>): ReturnType<typeof createAnswerKeeper> =>
    createAnswerKeeper({
      fleet: () => ({ answers: (names) => names.map((node) => ({ node })) }),
      store: {
        saveAnswers: (answers) => {
          if (save !== undefined) return save();
          if (fails) return Promise.reject(new Error('disk full'));
          written.push(answers.map(({ node }) => node));
          return Promise.resolve();
        },
      },
      delayMs: 5,
      logger: silentLogger,
    });

  it('writes the answers of five thousand nodes together, each node once', async () => {
    const keeper = make();
    for (let n = 0; n < 5000; n += 1) {
      keeper.answered(`node-${String(n)}`);
      keeper.answered(`node-${String(n)}`);
    }
    await clock.tickAsync(5);
    expect(written.map(({ length }) => length)).to.deep.equal([5000]);
  });

  it('shows an answer only once it is on disk', async () => {
    const keeper = make();
    keeper.answered('node-0');
    await keeper.kept();
    expect(written).to.deep.equal([['node-0']]);
    await keeper.kept();
    expect(written).to.have.length(1);
  });

  it('says why answers are not on disk, and writes them when that is possible again', async () => {
    const keeper = make();
    fails = true;
    keeper.answered('node-0');
    await keeper.kept();
    expect(keeper.problem()).to.equal("cannot write the nodes' answers to disk: disk full");
    keeper.answered('node-1');
    fails = false;
    await clock.tickAsync(60_000);
    expect(written.flat().toSorted()).to.deep.equal(['node-0', 'node-1']);
    expect(keeper.problem()).to.equal(undefined);
  });

  it('does not let a command wait for a disk that hangs', async () => {
    const keeper = make(() => new Promise(() => undefined));
    keeper.answered('node-0');
    let waits = true;
    void keeper.kept().finally(() => {
      waits = false;
    });
    await clock.tickAsync(999);
    expect(waits).to.equal(true);
    await clock.tickAsync(1);
    expect(waits).to.equal(false);
  });
});
