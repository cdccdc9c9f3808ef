import { expect } from 'chai';
import { AnswerLater } from '../../../../agent/app/identity/ask-controller.ts';
import { enrolWithin } from '../../../../agent/app/identity/enrol-within.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { failure } from '../../../support/failure.ts';

describe('an enrolment that may wait', () => {
  let nowMs: number;
  let pauses: number[];
  let told: string[];
  const refused = new AppError('not-ready', 'no program listens there', { retryable: true });

  beforeEach(() => {
    nowMs = 0;
    pauses = [];
    told = [];
  });

  /** @param outcomes of the attempts, the last one again and again */
  const enrolled = (outcomes: readonly (string | Error)[], seconds: number): Promise<string> => {
    const left = [...outcomes];
    const attempt = (): Promise<string> => {
      const outcome = (left.length > 1 ? left.shift() : left[0]) ?? '';
      return typeof outcome === 'string' ? Promise.resolve(outcome) : Promise.reject(outcome);
    };
    return enrolWithin(attempt, {
      ms: seconds * 1000,
      elapsed: () => nowMs,
      random: () => 0.999,
      rest: (ms) => {
        pauses.push(Math.round(ms));
        nowMs += ms;
        return Promise.resolve();
      },
      tell: (reason) => {
        told.push(reason);
        return Promise.resolve();
      },
    });
  };

  it('tries again until the controller answers, and says why it waits', async () => {
    expect(await enrolled([refused, refused, 'a certificate'], 60)).to.equal('a certificate');
    expect(pauses).to.deep.equal([999, 1998]);
    expect(told).to.deep.equal([refused.message, refused.message]);
  });

  it('waits longer after each failure, within a bound, and gives up when the time is over', async () => {
    const given = await failure(enrolled([refused], 60));
    expect(Math.max(...pauses)).to.be.below(15_000);
    expect(nowMs).to.equal(60_000);
    expect(given.message).to.match(
      /^no program listens there; gave up after 9 attempts in 60 s; run the same command again/,
    );
  });

  it('tries once without a time, and says how to wait', async () => {
    const given = await failure(enrolled([refused], 0));
    expect(given.message).to.equal(
      'no program listens there; --wait tries again until the controller answers',
    );
    expect(pauses).to.deep.equal([]);
  });

  it('ends at once where waiting does not help', async () => {
    const usedUp = new AppError('access-denied', 'the token is used up; make another one');
    expect(await failure(enrolled([refused, usedUp, 'never'], 60))).to.equal(usedUp);
    expect(pauses).to.have.length(1);
  });

  it('obeys a Retry-After, and does not wait for one beyond its time', async () => {
    const later = new AnswerLater('busy', 'it is busy', 20_000);
    expect(await enrolled([later, 'a certificate'], 60)).to.equal('a certificate');
    expect(pauses).to.deep.equal([20_999]);
    const muchLater = new AnswerLater('busy', 'it is busy', 120_000);
    expect((await failure(enrolled([muchLater], 60))).message).to.contain('gave up');
    expect(pauses).to.have.length(1);
  });
});
