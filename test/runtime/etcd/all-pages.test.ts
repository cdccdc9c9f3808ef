import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import sinon from 'sinon';
import { openEndpoint } from '../../../runtime/etcd/endpoint.ts';
import { allPages, createReadingDeadline, PageSize } from '../../../runtime/etcd/all-pages.ts';
import { wholeKey, type StoredKey } from '../../../runtime/etcd/keys.ts';
import { RpcError } from '../../../runtime/etcd/rpc-error.ts';
import { Server } from '../../../runtime/etcd/server.ts';
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
    return allPages(() => Promise.resolve(page), wholeKey, budget, 10);
  };

  it('are read to the last one', async () => {
    const asked: (string | undefined)[] = [];
    const next = (after: string | undefined): Promise<{ keys: StoredKey[]; more: boolean }> => {
      asked.push(after);
      const key = after === undefined ? '/a' : '/b';
      return Promise.resolve({ keys: [stored(key, '1')], more: key === '/a' });
    };
    const keys = await allPages(next, wholeKey, new ReadingBudget());
    expect(keys.map(({ key }) => key)).to.deep.equal(['/a', '/b']);
    expect(asked).to.deep.equal([undefined, '/a']);
  });

  it('end at a given number of keys', async () => {
    const error: unknown = await endless('', new ReadingBudget()).catch((cause: unknown) => cause);
    expect(error).to.be.instanceOf(RangeError).and.have.property('message', 'more than 10 keys');
  });

  it('end when their values are too large for the memory, together with other ranges', async () => {
    const budget = new ReadingBudget(9 * mib);
    const page = { keys: [stored('/a', 'x'.repeat(6 * mib))], more: false };
    await allPages(() => Promise.resolve(page), wholeKey, budget);
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
    const size = new PageSize();
    expect(await size.ask(ask)).to.equal('read');
    expect(limits).to.deep.equal([250, 25, 5]);
    await size.ask(ask);
    expect(limits).to.deep.equal([250, 25, 5, 5]);
  });

  it('have fewer objects once a page was large, as several copies of it are in memory', async () => {
    const size = new PageSize();
    const limits: number[] = [];
    const ask = (limit: number): Promise<void> => Promise.resolve(void limits.push(limit));
    for (const length of [mib, 5 * mib, mib]) {
      await size.ask(ask);
      size.took([stored('/a', 'x'.repeat(length))]);
    }
    await size.ask(ask);
    expect(limits).to.deep.equal([250, 250, 25, 25]);
  });

  it('hold only a part of each object, which is all that counts', async () => {
    const page = { keys: [stored('/a', 'x'.repeat(2 * mib))], more: false };
    const keep = ({ key }: StoredKey): { part: string; bytes: number } => ({ part: key, bytes: 2 });
    const parts = await allPages(() => Promise.resolve(page), keep, new ReadingBudget(mib));
    expect(parts).to.deep.equal(['/a']);
  });

  it('are not requested again after another failure', async () => {
    const limits: number[] = [];
    const error = await failure(
      new PageSize().ask((limit) => {
        limits.push(limit);
        return Promise.reject(new AppError('datastore-failed', 'gone'));
      }),
    );
    expect(error.message).to.equal('gone');
    expect(limits).to.deep.equal([250]);
  });

  it('have the time of one call each, without the time for their keys, and of six together', async () => {
    const clock = sinon.useFakeTimers({ now: 1000 });
    try {
      const deadline = createReadingDeadline(11_000);
      expect(deadline.ofNextPage()).to.equal(11_000);
      clock.tick(9000);
      deadline.gotPage();
      // Reading its keys takes a minute.
      clock.tick(60_000);
      expect(deadline.ofNextPage()).to.equal(80_000);
      for (let pages = 0; pages < 5; pages += 1) {
        clock.tick(9000);
        deadline.gotPage();
        deadline.ofNextPage();
      }
      expect(deadline.ofNextPage()).to.equal(1000 + 60_000 + 60_000);
    } finally {
      clock.restore();
    }
  });

  it('have the time of one call each also where the first of them took nearly all of it', async () => {
    const clock = sinon.useFakeTimers({ now: 1000, toFake: ['Date'] });
    const header = { clusterId: '1', revision: '5' };
    const pages = ['/a', '/b', '/c'].map((key) => ({
      header,
      keys: [stored(key, '1')],
      more: key !== '/c',
    }));
    const asked: number[] = [];
    const call = sinon.stub(Server.prototype, 'call').callsFake((_method, _request, ends) => {
      asked.push(ends);
      clock.tick(3000);
      const page = pages.shift();
      return Promise.resolve(asked.length === 1 ? { header, ranges: [page] } : page);
    });
    const endpoint = openEndpoint('http://127.0.0.1:1', { endpoints: [], timeoutMs: 10_000 });
    try {
      const range = { key: '/', prefix: true };
      const { ranges } = await endpoint.read([range], 4300, () => wholeKey);
      expect(ranges.flat().map(({ key }) => key)).to.deep.equal(['/a', '/b', '/c']);
      expect(asked).to.deep.equal([4300, 4000 + 3300, 7000 + 3300]);
    } finally {
      endpoint.close();
      call.restore();
      clock.restore();
    }
  });
});
