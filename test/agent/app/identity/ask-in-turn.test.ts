import { expect } from 'chai';
import { askInTurn } from '../../../../agent/app/identity/ask-in-turn.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { failure } from '../../../support/failure.ts';

describe('several controllers that are asked for a certificate', () => {
  const dead = new AppError('not-ready', 'no answer', { retryable: true });
  const unknown = new AppError('not-ready', 'its authority is unknown');
  const refusing = new AppError('access-denied', 'the node was revoked');
  const limiting = new AppError('too-many-requests', 'later', { retryable: true });

  /** @param answers by controller; the names of those that were asked are the second value */
  async function ask(
    ...answers: readonly (string | AppError)[]
  ): Promise<readonly [string, number]> {
    let asked = 0;
    const controllers = answers.map((_, index) => String(index));
    const answer = await askInTurn(controllers, (controller) => {
      asked += 1;
      const found = answers[Number(controller)] ?? '';
      return found instanceof AppError ? Promise.reject(found) : Promise.resolve(found);
    });
    return [answer, asked];
  }

  it('are asked until one answers', async () => {
    expect(await ask('first', 'second')).to.deep.equal(['first', 1]);
    expect(await ask(dead, unknown, 'third')).to.deep.equal(['third', 3]);
  });

  it('are not asked again after a refusal, or too many attempts', async () => {
    expect(await failure(ask(dead, refusing, 'third'))).to.equal(refusing);
    expect(await failure(ask(limiting, 'second'))).to.equal(limiting);
  });

  it('give a failure that waiting may help, if there is one', async () => {
    expect(await failure(ask(dead, unknown))).to.equal(dead);
    expect(await failure(ask(unknown, dead))).to.equal(dead);
    expect(await failure(ask(unknown))).to.equal(unknown);
  });
});
