import { expect } from 'chai';
import { listObjects } from '../../../runtime/kubernetes/list-objects.ts';
import { failure } from '../../support/failure.ts';

describe('a list of objects', () => {
  it('ends where each page names another one', async () => {
    let asked = 0;
    const send = (): Promise<{ status: number; data: unknown }> => {
      asked += 1;
      return Promise.resolve({ status: 200, data: { items: [], metadata: { continue: 'more' } } });
    };
    const error = await failure(listObjects(send, 'list Nodes', '/api/v1/nodes'));
    expect(error.message).to.include('cannot list Nodes').and.include('more than 1000 pages');
    expect(asked).to.equal(1000);
  });
});
