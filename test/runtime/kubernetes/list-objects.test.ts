import { expect } from 'chai';
import { whyUnreadable } from '../../../core/input/deep-items.ts';
import { textAt } from '../../../core/input/plain-data.ts';
import { ApiRefusal } from '../../../runtime/kubernetes/api-refusal.ts';
import { listObjects, wholeItem } from '../../../runtime/kubernetes/list-objects.ts';
import type { ApiAnswer, ApiRequest, Send } from '../../../runtime/kubernetes/requests.ts';
import { ReadingBudget } from '../../../runtime/pacing/reading-budget.ts';
import { failure } from '../../support/failure.ts';

const mib = 1024 * 1024;
const nodes = '/api/v1/nodes';

/** As the API server's answer is read: item by item. */
async function answer(
  { items: reader }: ApiRequest,
  items: readonly unknown[],
  next?: string,
): Promise<ApiAnswer> {
  for (const item of items) await reader?.take(item);
  const metadata = next === undefined ? {} : { continue: next };
  return { status: 200, data: { items: [], metadata } };
}

describe('a list of objects', () => {
  it('ends when each page names another one', async () => {
    let asked = 0;
    const send: Send = (request) => {
      asked += 1;
      return answer(request, [], 'more');
    };
    const error = await failure(listObjects(send, 'list Nodes', nodes, { keep: wholeItem }));
    expect(error.message).to.include('cannot list Nodes').and.include('more than 10000 pages');
    expect(asked).to.equal(10_000);
  });

  it('ends when its objects are too large for the memory, together with other lists', async () => {
    const budget = new ReadingBudget(9 * mib);
    const send: Send = (request) => answer(request, [{ spec: 'x'.repeat(mib) }], 'more');
    budget.take(6 * mib);
    const error = await failure(listObjects(send, 'list', nodes, { keep: wholeItem, budget }));
    expect(error).to.include({ code: 'datastore-failed', retryable: true });
    expect(error.message).to.include('its objects take more than 9 MiB of memory together');
  });

  it('ends when its objects have too many small values, which take more than their text', async () => {
    const budget = new ReadingBudget(9 * mib);
    const labels = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`l${at}`, '']));
    const send: Send = (request) => answer(request, [{ metadata: { labels } }], 'more');
    const error = await failure(listObjects(send, 'list', nodes, { keep: wholeItem, budget }));
    expect(error.message).to.include('more than 9 MiB');
  });

  it('counts the stored part of an object, not the read part', async () => {
    const budget = new ReadingBudget(mib);
    let pages = 0;
    const send: Send = (request) => {
      pages += 1;
      const node = { metadata: { name: `n${pages}` }, status: 'x'.repeat(mib) };
      return answer(request, [node], pages === 20 ? undefined : 'more');
    };
    const keep = (item: unknown): string | undefined => textAt(item, 'metadata', 'name');
    const { items } = await listObjects(send, 'list', nodes, { keep, budget });
    expect(items).to.have.length(20);
  });

  it('names an object of very many values, and reads the others', async () => {
    const huge = {
      metadata: { name: 'huge' },
      spec: { a: Array.from({ length: 60_000 }, () => 1) },
    };
    const send: Send = (request) => answer(request, [huge, { metadata: { name: 'b' } }]);
    const { items } = await listObjects(send, 'list', nodes, { keep: wholeItem });
    expect(items.map((item) => textAt(item, 'metadata', 'name'))).to.deep.equal(['huge', 'b']);
    expect(items.map(whyUnreadable)).to.deep.equal(['it has more than 50000 values', undefined]);
  });

  it('may have fewer values in an object where all of them are checked', async () => {
    const labels = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`l${n}`, '']));
    const send: Send = (request) => answer(request, [{ metadata: { name: 'many', labels } }]);
    const options = { keep: wholeItem, maxMembers: 50 };
    const { items } = await listObjects(send, 'list', nodes, options);
    expect(items.map(whyUnreadable)).to.deep.equal(['it has more than 50 values']);
  });

  it('gives back what an expired list took, before it is read again', async () => {
    const budget = new ReadingBudget(9 * mib);
    let tries = 0;
    const send: Send = async (request) => {
      const { query = {} } = request;
      if (query['continue'] === undefined) tries += 1;
      else if (tries === 1) throw new ApiRefusal({ what: 'list' }, 410, {}, undefined);
      const next = query['continue'] === undefined ? 'more' : undefined;
      return answer(request, [{ spec: 'x'.repeat(4 * mib) }], next);
    };
    const { items } = await listObjects(send, 'list', nodes, { keep: wholeItem, budget });
    expect(items).to.have.length(2);
    expect(() => budget.take(2 * mib)).to.throw('more than 9 MiB');
  });
});
