import { expect } from 'chai';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { watchFiles } from '../../../controller/channel/watch-files.ts';

describe('files that are watched', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-watched-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('are read again once after they changed, when they have stopped to change', async () => {
    const [one, other] = ['one', 'other'].map((name) => path.join(folder, name));
    let count = 0;
    const look = watchFiles([one ?? '', other ?? ''], () => {
      count += 1;
      return Promise.resolve();
    });
    await writeFile(one ?? '', 'a');
    for (let n = 0; n < 3; n += 1) await look();
    expect(count).to.equal(0);
    await writeFile(path.join(folder, 'new'), 'b');
    await rename(path.join(folder, 'new'), one ?? '');
    await look();
    await writeFile(other ?? '', 'bcd');
    await look();
    expect(count).to.equal(0);
    for (let n = 0; n < 3; n += 1) await look();
    expect(count).to.equal(1);
  });
});
