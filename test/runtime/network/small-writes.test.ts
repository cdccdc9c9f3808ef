import { expect } from 'chai';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import {
  inGroups,
  smallParts,
  smallWriteBytes,
  writtenBytes,
} from '../../../runtime/network/small-writes.ts';

/** @returns the sizes of what it writes at once, and what it has written in the end */
function recorder(): {
  readonly stream: Writable;
  readonly sizes: number[];
  readonly all: Buffer[];
} {
  const sizes: number[] = [];
  const all: Buffer[] = [];
  const take = (chunks: readonly Buffer[], done: (error?: Error | null) => void): void => {
    sizes.push(Buffer.concat(chunks).length);
    all.push(...chunks);
    setImmediate(done);
  };
  const stream = new Writable({
    highWaterMark: 1,
    write: (chunk: Buffer, _encoding, done) => take([chunk], done),
    writev: inGroups((chunks, done) =>
      take(
        chunks.map(({ chunk }: { readonly chunk: Buffer }) => chunk),
        done,
      ),
    ),
  });
  return { stream, sizes, all };
}

describe('writes of an encrypted connection', () => {
  it('are small, whatever has gathered, and in their order', async () => {
    const { stream, sizes, all } = recorder();
    const large = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251));
    const others = ['a', 'b', 'c'].map((one) => Buffer.from(one));
    for (const part of [...smallParts(large), ...others]) stream.write(part);
    stream.end();
    await once(stream, 'finish');
    expect(Buffer.concat(all).equals(Buffer.concat([large, ...others]))).to.equal(true);
    expect(Math.max(...sizes)).to.be.at.most(smallWriteBytes);
    expect(sizes).to.have.length(Math.ceil((100_000 + 3) / smallWriteBytes));
  });

  it('are counted while others of the same chunks wait', () => {
    const dones: ((error?: Error | null) => void)[] = [];
    const stream = new Writable({
      write: (_chunk, _encoding, done) => void dones.push(done),
      writev: inGroups((_chunks, done) => void dones.push(done)),
    });
    for (const part of smallParts(Buffer.alloc(6 * smallWriteBytes))) stream.write(part);
    const counts: unknown[] = [];
    for (let done = dones.shift(); done !== undefined; done = dones.shift()) {
      counts.push(
        [stream.writableLength, writtenBytes(stream)].map((one) => one / smallWriteBytes),
      );
      done();
    }
    counts.push([stream.writableLength, writtenBytes(stream)]);
    // The first part goes alone, because nothing else waits yet.
    expect(counts).to.deep.equal([
      [6, 0],
      [5, 0],
      [5, 1],
      [5, 2],
      [5, 3],
      [5, 4],
      [0, 0],
    ]);
  });

  it('end at the first error', async () => {
    const failure = new Error('the other side has gone');
    let writes = 0;
    const stream = new Writable({
      write: (_chunk, _encoding, done) => setImmediate(done),
      writev: inGroups((_chunks, done) => {
        writes += 1;
        setImmediate(done, failure);
      }),
    });
    for (const part of smallParts(Buffer.alloc(100_000))) stream.write(part);
    const [error]: unknown[] = await once(stream, 'error');
    expect(error).to.equal(failure);
    expect(writes).to.equal(1);
  });
});
