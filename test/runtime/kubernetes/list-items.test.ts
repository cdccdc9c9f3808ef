import { expect } from 'chai';
import { Readable } from 'node:stream';
import { AnswerTooLarge } from '../../../runtime/kubernetes/answer-body.ts';
import { readItems, whyNoList } from '../../../runtime/kubernetes/list-items.ts';
import type { ParsedJson } from '../../../core/input/parse-json.ts';
import { failure } from '../../support/failure.ts';

interface Read {
  readonly items: readonly unknown[];
  readonly around: ParsedJson;
}

/** @param size bytes of a chunk, so that it ends anywhere within a character or an escape */
async function read(text: string, size: number): Promise<Read> {
  const bytes = Buffer.from(text);
  const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_one, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
  const items: unknown[] = [];
  const take = (item: unknown): void => void items.push(item);
  return { items, around: await readItems({ body: Readable.from(chunks) }, 'list', { take }) };
}

const lists: readonly unknown[] = [
  {
    kind: 'List',
    metadata: { resourceVersion: '7', continue: 'x' },
    items: [{ a: 1 }, { b: [2] }],
  },
  { items: [] },
  { items: null },
  { metadata: {} },
  { items: [1, 'two', null, [3], { items: [{ items: [] }] }], more: { items: [4] } },
  { metadata: { items: ['no item'] }, other: [{ items: ['no item'] }], items: ['one'] },
  { items: ['\\', '"', '\\"', 'a\\\\', ',]}[{', '€ü\u{1f600}', '"items":['] },
  { 'x"items': ['\\"items":['], items: [{ 'k"]': '\\\\"' }] },
];

describe('a list of the API server, read while it arrives', () => {
  for (const list of lists) {
    const text = JSON.stringify(list);
    it(`has the same items in chunks of any size: ${text.slice(0, 60)}`, async () => {
      const { items: expected, ...rest } = Object(list);
      for (const size of [1, 2, 3, 7, 1000]) {
        const { items, around } = await read(text, size);
        expect(items).to.deep.equal(expected ?? []);
        const emptied = Array.isArray(expected) ? { ...rest, items: [] } : list;
        expect(around).to.deep.equal({ ok: true, data: emptied });
      }
    });
  }

  it('may have blanks anywhere', async () => {
    const { items } = await read('{ "items" : [ {"a" : 1} ,\n "b" ] \n}', 5);
    expect(items).to.deep.equal([{ a: 1 }, 'b']);
  });

  for (const text of [
    '{"items":[{"a":1},]}',
    '{"items":[,{"a":1}]}',
    '{"items":[{"a":1}{"b":2}]}',
    '{"items":[{"a":1]}]}',
    '{"items":[{"a":1}',
    '{"items":[{"a":"1}]}',
    '{"items":[]}}',
    '',
  ]) {
    it(`is no list: ${text}`, async () => {
      for (const size of [1, 1000]) expect((await read(text, size)).around.ok).to.equal(false);
    });
  }

  it('ends at an object, or at other parts, that are larger than one answer', async () => {
    const chunk = Buffer.alloc(2 ** 20, 'x');
    for (const head of ['{"items":["', '{"metadata":"']) {
      const body = Readable.from([Buffer.from(head), ...Array.from({ length: 17 }, () => chunk)]);
      const error = await failure(readItems({ body }, 'list', { take: () => undefined }));
      expect(error).to.be.instanceOf(AnswerTooLarge);
      expect(error.message).to.equal('cannot list: the answer has more than 16777216 bytes');
    }
  });

  it('may be larger than the memory for one answer, as long as each object is small', async () => {
    const item = Buffer.from(`,"${'x'.repeat(2 ** 20)}"`);
    const parts = ['{"items":[0', ...Array.from({ length: 40 }, () => item), ']}'];
    let count = 0;
    const take = (): void => void (count += 1);
    const around = await readItems(
      { body: Readable.from(parts.map((part) => Buffer.from(part))) },
      'list',
      { take },
    );
    expect(around).to.deep.equal({ ok: true, data: { items: [] } });
    expect(count).to.equal(41);
  });

  it('waits with the next object until one is done', async () => {
    let running = 0;
    const most: number[] = [];
    const take = async (): Promise<void> => {
      running += 1;
      most.push(running);
      await new Promise(setImmediate);
      running -= 1;
    };
    const body = Readable.from([Buffer.from('{"items":[1,2,3]}')]);
    await readItems({ body }, 'list', { take });
    expect(most).to.deep.equal([1, 1, 1]);
  });

  for (const [data, why] of [
    [{ kind: 'NodeList', items: [] }, undefined],
    [{ kind: 'List', items: [] }, undefined],
    // Calico's API server is written in Go, and so are all others: a list that was never filled.
    [{ kind: 'BGPPeerList', items: null }, undefined],
    [{}, 'it has no kind of a list'],
    [{ items: [] }, 'it has no kind of a list'],
    [{ kind: 'Status', items: [] }, 'it has no kind of a list'],
    [{ kind: 7, items: [] }, 'it has no kind of a list'],
    [{ kind: 'NodeList' }, 'it is a list without items'],
    [{ kind: 'NodeList', items: {} }, 'it is a list without items'],
    [[], 'it is no list'],
    [null, 'it is no list'],
  ] as const) {
    it(`is ${why === undefined ? 'a list' : `refused as no list: ${why}`}: ${JSON.stringify(data)}`, () => {
      expect(whyNoList(data)).to.equal(why);
    });
  }
});
