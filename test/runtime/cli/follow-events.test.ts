/** events --follow: a daemon that refuses for now, and one that refuses for good. */
import { expect } from 'chai';
import { followEvents } from '../../../runtime/cli/events/follow.ts';
import { AppError, type ErrorCode } from '../../../runtime/errors.ts';
import { errorOfProblem, problemOf } from '../../../runtime/http/problem.ts';
import { failure } from '../../support/failure.ts';

/** As a client has it of an answer. */
function refusal(code: ErrorCode): Error {
  const document = JSON.stringify(problemOf(new AppError(code, code)));
  return errorOfProblem(document) ?? new Error(document);
}

describe('followed events', () => {
  it('go on at a daemon that is too busy, and end where it refuses for good', async () => {
    const refusals = [refusal('busy'), refusal('access-denied')];
    const waits: string[] = [];
    const read = (): Promise<never> =>
      Promise.reject(refusals.shift() ?? new Error('one request too many'));
    const ended = await failure(
      followEvents({
        client: { read, change: read },
        form: () => Promise.reject(new Error('no answer comes')),
        from: 0,
        print: () => Promise.resolve(),
        away: (reason) => Promise.resolve(void waits.push(reason)),
      }),
    );
    expect(ended.code).to.equal('access-denied');
    expect(waits).to.deep.equal(['busy']);
  });
});
