import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { allPages, inPages } from '../../../runtime/etcd/all-pages.ts';
import type { StoredKey } from '../../../runtime/etcd/keys.ts';
import { RpcError } from '../../../runtime/etcd/rpc-error.ts';
import { AppError } from '../../../runtime/errors.ts';
import { ReadingBudget } from '../../../runtime/pacing/reading-budget.ts';
import { failure } from '../../support/failure.ts';

const mib = 1024 * 1024;

function stored(key: string, value: string): StoredKey {
  return { key, value, created: '1', modified: '1', lease: '0' };
}

describe('the pages of a range of etcd', () => {
  const endless = (value: string, budget: ReadingBudget): Promise<readonly StoredKey[]> => {
    const page = { keys: [stored('/a', value), stored('/b', value)], more: true };
    return allPages(page, () => Promise.resolve(page), budget, { most: 10 });
  };

  it('are read to the last one', async () => {
    const asked: (string | undefined)[] = [];
    const next = (after: string | undefined): Promise<{ keys: StoredKey[]; more: boolean }> => {
      asked.push(after);
      return Promise.resolve({ keys: [stored('/b', '2')], more: false });
    };
    const first = { keys: [stored('/a', '1')], more: true };
    const keys = await allPages(first, next, new ReadingBudget());
    expect(keys.map(({ key }) => key)).to.deep.equal(['/a', '/b']);
    expect(asked).to.deep.equal(['/a']);
  });

  it('end at a given number of keys', async () => {
    const error: unknown = await endless('', new ReadingBudget()).catch((cause: unknown) => cause);
    expect(error).to.be.instanceOf(RangeError).and.have.property('message', 'more than 10 keys');
  });

  it('end when their values are too large for the memory, together with other ranges', async () => {
    const budget = new ReadingBudget(9 * mib);
    const page = { keys: [stored('/a', 'x'.repeat(6 * mib))], more: false };
    await allPages(page, () => Promise.resolve(page), budget);
    const error = await failure(endless('x'.repeat(mib), budget));
    expect(error).to.include({ code: 'datastore-failed', retryable: true });
    expect(error.message).to.include('its objects take more than 9 MiB of memory together');
  });

  it('are requested again with fewer objects when these are too large together', async () => {
    const limits: number[] = [];
    const ask = (limit: number): Promise<string> => {
      limits.push(limit);
      const message = 'Received message larger than max (70000000 vs 16777216)';
      const tooLarge = new RpcError(status.RESOURCE_EXHAUSTED, message);
      return limit > 5 ? Promise.reject(tooLarge) : Promise.resolve('read');
    };
    expect(await inPages(ask)).to.equal('read');
    expect(limits).to.deep.equal([250, 25, 5]);
  });

  it('are not requested again after another failure', async () => {
    const limits: number[] = [];
    const error = await failure(
      inPages((limit) => {
        limits.push(limit);
        return Promise.reject(new AppError('datastore-failed', 'gone'));
      }),
    );
    expect(error.message).to.equal('gone');
    expect(limits).to.deep.equal([250]);
  });
});
