import { expect } from 'chai';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { finishInTurns, inTurns, otherWorkFirst } from '../../../runtime/pacing/in-turns.ts';

describe('paced work', () => {
  /** Counts the turns of the event loop while the work runs. */
  async function withTurns<T>(work: (turn: () => number) => Promise<T>): Promise<T> {
    let turn = 0;
    let isOver = false;
    const count = async (): Promise<void> => {
      while (!isOver) {
        await nextTurn();
        turn += 1;
      }
    };
    const counting = count();
    const result = await work(() => turn);
    isOver = true;
    await counting;
    return result;
  }

  it('goes on in a turn of its own, however many wait', async () => {
    const resumedAt = await withTurns((turn) =>
      Promise.all(
        Array.from({ length: 20 }, async () => {
          await otherWorkFirst();
          return turn();
        }),
      ),
    );
    expect(new Set(resumedAt)).to.have.property('size', 20);
    expect(resumedAt).to.deep.equal(resumedAt.toSorted((a, b) => a - b));
  });

  it('shares the time of a turn with the others', async () => {
    const busy = function* (turn: () => number): Generator<undefined, readonly number[]> {
      const turns: number[] = [];
      for (let part = 0; part < 3; part += 1) {
        const until = performance.now() + 5;
        while (performance.now() < until);
        turns.push(turn());
        yield undefined;
      }
      return turns;
    };
    const all = await withTurns((turn) =>
      Promise.all([finishInTurns(busy(turn)), finishInTurns(busy(turn))]),
    );
    // Each began in the turn of the calls; no two later parts share one.
    const later = all.flatMap((turns) => turns.slice(1));
    expect(new Set(later)).to.have.property('size', later.length);
  });

  it('rests between items also where the work for each is a promise', async () => {
    const turns = await withTurns(async (turn) => {
      const found: number[] = [];
      await inTurns([1, 2, 3, 4], async () => {
        const until = performance.now() + 5;
        while (performance.now() < until);
        found.push(turn());
      });
      return found;
    });
    expect(new Set(turns).size).to.be.at.least(3);
  });
});
