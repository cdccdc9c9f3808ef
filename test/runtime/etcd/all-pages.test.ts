import { expect } from 'chai';
import { allPages } from '../../../runtime/etcd/all-pages.ts';
import type { StoredKey } from '../../../runtime/etcd/keys.ts';

function stored(key: string, value: string): StoredKey {
  return { key, value, created: '1', modified: '1', lease: '0' };
}

describe('the pages of a range of etcd', () => {
  const endless = (value: string) => {
    const page = { keys: [stored('/a', value), stored('/b', value)], more: true };
    return allPages(page, () => Promise.resolve(page), { keys: 10, characters: 2 * 1024 * 1024 });
  };
  const reasonOf = (promise: Promise<unknown>): Promise<unknown> =>
    promise.catch((error: unknown) => error);

  it('are read to the last one', async () => {
    const asked: (string | undefined)[] = [];
    const keys = await allPages({ keys: [stored('/a', '1')], more: true }, (after) => {
      asked.push(after);
      return Promise.resolve({ keys: [stored('/b', '2')], more: false });
    });
    expect(keys.map(({ key }) => key)).to.deep.equal(['/a', '/b']);
    expect(asked).to.deep.equal(['/a']);
  });

  it('end at so many keys', async () => {
    const error = await reasonOf(endless(''));
    expect(error).to.be.instanceOf(RangeError).and.have.property('message', 'more than 10 keys');
  });

  it('end where their values are too large for the memory', async () => {
    const error = await reasonOf(endless('x'.repeat(1024 * 1024)));
    const message = 'its values have more than 2 MiB together';
    expect(error).to.be.instanceOf(RangeError).and.have.property('message', message);
  });
});
