import { expect } from 'chai';
import fc from 'fast-check';
import { applyUndo, undoOf } from '../../../../core/platform/edit/undo.ts';

describe('the undo of an edit', () => {
  it('puts a value back where somebody changed other lines', () => {
    const undo = undoOf('--a=1\n--b=2\n--c=3\n', '--a=1\n--b=9\n--c=3\n');
    expect(applyUndo('# mine\n--a=1\n--b=9\n--c=4\n--d=5\n', undo)).to.deep.equal({
      text: '# mine\n--a=1\n--b=2\n--c=4\n--d=5\n',
      lost: 0,
    });
  });

  it('leaves a line that somebody changed, and puts the one beside it back', () => {
    const undo = undoOf('--a=1\n--b=2\n', '--a=8\n--b=9\n--c=3\n');
    expect(applyUndo('--a=8\n--b=mine\n--c=3\n', undo)).to.deep.equal({
      text: '--a=1\n--b=mine\n',
      lost: 1,
    });
  });

  it('leaves a block of lines together', () => {
    const undo = undoOf('a:\n  x: 1\nb: 1\n', 'a:\n  - y\nb: 1\n');
    const now = 'a:\n  - mine\nb: 1\n';
    expect(applyUndo(now, undo)).to.deep.equal({ text: now, lost: 1 });
  });

  it('takes the place with the same lines around it', () => {
    const item = (name: string, value: string): string => `- name: ${name}\n  value: ${value}\n`;
    const before = item('a', 'x') + item('b', 'y') + item('c', 'x');
    const after = item('a', 'x') + item('b', 'x') + item('c', 'x');
    const undo = undoOf(before, after);
    const now = item('new', 'x') + item('new2', 'x') + after;
    expect(applyUndo(now, undo).text).to.equal(item('new', 'x') + item('new2', 'x') + before);
  });

  it('removes a file that the edit made, unless somebody changed it', () => {
    const undo = undoOf(undefined, 'a: 1\n');
    expect(applyUndo('a: 1\n', undo)).to.deep.equal({ lost: 0 });
    expect(applyUndo('a: 2\n', undo)).to.deep.equal({ text: 'a: 2\n', lost: 1 });
    expect(applyUndo(undefined, undo)).to.deep.equal({ lost: 0 });
  });

  it('makes a removed file again, unless somebody made another one', () => {
    const undo = undoOf('a: 1\n', undefined);
    expect(applyUndo(undefined, undo)).to.deep.equal({ text: 'a: 1\n', lost: 0 });
    expect(applyUndo('b\n', undo)).to.deep.equal({ text: 'b\n', lost: 1 });
  });

  it('gives a last line its line end where lines follow by now', () => {
    const undo = undoOf('--a=1', '--a=1\n--b=2');
    expect(applyUndo('--a=1\n--b=2\n--c=3\n', undo).text).to.equal('--a=1\n--c=3\n');
  });

  const lines = fc.array(fc.constantFrom('a\n', 'b\n', '\n', 'c\r\n', 'd'), { maxLength: 40 });
  const text = lines.map((pieces) => pieces.join(''));

  it('gives the same bytes for any two texts', () => {
    fc.assert(
      fc.property(text, text, (original, edited) => {
        const undone = applyUndo(edited, undoOf(original, edited));
        expect(undone).to.deep.equal({ text: original, lost: 0 });
      }),
      { numRuns: 1000 },
    );
  });

  it('is fast, also for a large file that became another one', () => {
    const large = (seed: string): string =>
      Array.from({ length: 6000 }, (_, index) => `${seed} ${String(index)}\n`).join('');
    const [original, edited] = [large('a'), large('b')];
    expect(applyUndo(edited, undoOf(original, edited)).text).to.equal(original);
  });
});
