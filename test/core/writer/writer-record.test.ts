import { expect } from 'chai';
import {
  parseWriterRecord,
  withHold,
  withRevision,
  type WriterRecord,
} from '../../../core/writer/writer-record.ts';

const noted = { by: 'node-0', at: '2026-01-01T00:00:00Z' };
const digestOf = (character: string): string => `sha256:${character.repeat(64)}`;
const ref = (number: number, content: string, lineage = 'controller:c') => ({
  lineage,
  number,
  digest: digestOf(content),
});

describe('the writer record', () => {
  const first = withRevision(undefined, ref(5, 'a'), noted);

  it('begins with generation 1', () => {
    expect(first).to.deep.equal({
      formatVersion: 1,
      generation: 1,
      revision: ref(5, 'a'),
      ...noted,
    });
  });

  it('has another generation for another content', () => {
    const next = withRevision(first, ref(6, 'b'), { ...noted, by: 'node-1' });
    expect(next).to.deep.include({ generation: 2, revision: ref(6, 'b'), by: 'node-1' });
  });

  it('keeps its generation for the same content, and takes the greater number', () => {
    const next = withRevision(first, ref(7, 'a'), noted);
    expect(next).to.deep.include({ generation: 1, revision: ref(7, 'a') });
  });

  const same: readonly [string, ReturnType<typeof ref>][] = [
    ['it is the same revision', ref(5, 'a')],
    ['it is an older number of the same content', ref(4, 'a')],
    ['it is the same content of another lineage', ref(9, 'a', 'local:node-3')],
  ];
  for (const [what, revision] of same) {
    it(`stays the same when ${what}`, () => {
      expect(withRevision(first, revision, noted)).to.equal(first);
    });
  }

  it('counts corrections, and keeps everything else', () => {
    const once = withRevision(first, ref(5, 'a'), { ...noted, isCorrection: true });
    const twice = withRevision(once, ref(4, 'a'), { ...noted, isCorrection: true });
    expect(twice).to.deep.equal({ ...first, corrections: 2 });
  });

  it('keeps a hold over revisions, and a revision over holds', () => {
    const hold = { by: 'ann', why: 'by hand', since: noted.at };
    const held = withHold(first, hold, noted);
    expect(withRevision(held, ref(6, 'b'), noted).hold).to.deep.equal(hold);
    expect(withHold(held, undefined, noted)).to.deep.equal(first);
    expect(withHold(undefined, hold, noted)).to.deep.include({ generation: 0, hold });
  });

  it('is read back as it was written, and no other text is', () => {
    const read = (record: WriterRecord | object): unknown =>
      parseWriterRecord(JSON.stringify(record));
    expect(read(first)).to.deep.equal(first);
    expect(read({ ...first, formatVersion: 2 })).to.equal(undefined);
    expect(read({ ...first, generation: -1 })).to.equal(undefined);
    expect(read({})).to.equal(undefined);
    expect(parseWriterRecord('{')).to.equal(undefined);
  });
});
