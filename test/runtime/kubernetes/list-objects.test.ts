import { expect } from 'chai';
import { whyUnreadable } from '../../../core/input/deep-items.ts';
import { textAt } from '../../../core/input/plain-data.ts';
import { AnswerTooLarge } from '../../../runtime/kubernetes/answer-body.ts';
import { listObjects, wholeItem } from '../../../runtime/kubernetes/list-objects.ts';
import type { ApiAnswer, ApiRequest, Send } from '../../../runtime/kubernetes/requests.ts';
import { ReadingBudget } from '../../../runtime/pacing/reading-budget.ts';
import { failure } from '../../support/failure.ts';

const mib = 1024 * 1024;
const nodes = '/api/v1/nodes';

function answer(items: readonly unknown[], next?: string): Promise<ApiAnswer> {
  const metadata = next === undefined ? {} : { continue: next };
  return Promise.resolve({ status: 200, data: { items, metadata } });
}

describe('a list of objects', () => {
  it('ends when each page names another one', async () => {
    let asked = 0;
    const send: Send = () => {
      asked += 1;
      return answer([], 'more');
    };
    const error = await failure(listObjects(send, 'list Nodes', nodes, { keep: wholeItem }));
    expect(error.message).to.include('cannot list Nodes').and.include('more than 10000 pages');
    expect(asked).to.equal(10_000);
  });

  it('ends when its objects are too large for the memory, together with other lists', async () => {
    const budget = new ReadingBudget(9 * mib);
    const send: Send = () => answer([{ spec: 'x'.repeat(mib) }], 'more');
    budget.take(6 * mib);
    const error = await failure(listObjects(send, 'list', nodes, { keep: wholeItem, budget }));
    expect(error).to.include({ code: 'datastore-failed', retryable: true });
    expect(error.message).to.include('its objects take more than 9 MiB of memory together');
  });

  it('ends when its objects have too many small values, which take more than their text', async () => {
    const budget = new ReadingBudget(9 * mib);
    const labels = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`l${at}`, '']));
    const send: Send = () => answer([{ metadata: { labels } }], 'more');
    const error = await failure(listObjects(send, 'list', nodes, { keep: wholeItem, budget }));
    expect(error.message).to.include('more than 9 MiB');
  });

  it('counts the stored part of an object, not the read part', async () => {
    const budget = new ReadingBudget(mib);
    let pages = 0;
    const send: Send = () => {
      pages += 1;
      const node = { metadata: { name: `n${pages}` }, status: 'x'.repeat(mib) };
      return answer([node], pages === 20 ? undefined : 'more');
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
    const send: Send = () => answer([huge, { metadata: { name: 'b' } }]);
    const { items } = await listObjects(send, 'list', nodes, { keep: wholeItem });
    expect(items.map((item) => textAt(item, 'metadata', 'name'))).to.deep.equal(['huge', 'b']);
    expect(items.map(whyUnreadable)).to.deep.equal(['it has more than 50000 values', undefined]);
  });

  it('may have fewer values in an object where all of them are checked', async () => {
    const labels = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`l${n}`, '']));
    const send: Send = () => answer([{ metadata: { name: 'many', labels } }]);
    const options = { keep: wholeItem, maxMembers: 50 };
    const { items } = await listObjects(send, 'list', nodes, options);
    expect(items.map(whyUnreadable)).to.deep.equal(['it has more than 50 values']);
  });

  it('is requested in smaller pages when a page is too large, and stays with them', async () => {
    const asked: string[] = [];
    const send: Send = ({ what, query = {} }: ApiRequest) => {
      asked.push(`${String(query['limit'])} after "${String(query['continue'] ?? '')}"`);
      if (Number(query['limit']) > 5) return Promise.reject(new AnswerTooLarge(what, '5 bytes'));
      return answer([{}], query['continue'] === undefined ? 'next' : undefined);
    };
    const { items } = await listObjects(send, 'list', nodes, { keep: wholeItem });
    expect(items).to.have.length(2);
    expect(asked).to.deep.equal(['500 after ""', '50 after ""', '5 after ""', '5 after "next"']);
  });

  it('names the reason when even one object is too large', async () => {
    const send: Send = ({ what }) => Promise.reject(new AnswerTooLarge(what, '5 bytes'));
    const error = await failure(listObjects(send, 'list Nodes', nodes, { keep: wholeItem }));
    expect(error.message).to.equal('cannot list Nodes: the answer has more than 5 bytes');
  });
});
