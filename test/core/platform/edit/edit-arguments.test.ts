import { expect } from 'chai';
import fc from 'fast-check';
import { applyEdits } from '../../../../core/platform/edit/apply-edits.ts';
import { linesOf } from '../../../../core/platform/edit/edited.ts';
import type { ArgumentsEdit } from '../../../../core/platform/edit/file-edit.ts';
import { applyUndo, undoOf } from '../../../../core/platform/edit/undo.ts';
import {
  optionsOf,
  parseArgumentsFile,
} from '../../../../core/platform/arguments/arguments-file.ts';

function edit(option: string, values: readonly string[]): ArgumentsEdit {
  return { form: 'arguments', path: '/args', reasons: [], option, values };
}

function edited(text: string, option: string, ...values: string[]): string {
  const result = applyEdits(text, [edit(option, values)]);
  if (!result.ok) throw new Error(result.fault.message);
  return result.text ?? '';
}

const cases: readonly (readonly [name: string, before: string, values: string[], after: string])[] =
  [
    ['a value', '--a=1\n--b=2\n', ['3'], '--a=3\n--b=2\n'],
    ['the last of several occurrences', '--a=1\n--b=2\n--a=4\n', ['3'], '--a=1\n--b=2\n--a=3\n'],
    ['a value after a space', '--a 1 --b=2\n', ['3'], '--a 3 --b=2\n'],
    ['a value in the next line', '--a\n1\n', ['3'], '--a\n3\n'],
    ['a switch', '--a --b\n', ['false'], '--a=false --b\n'],
    ['a value in quotes', '--a="1"\n', ['3'], '--a="3"\n'],
    ['a word in quotes', "'--a=1'\n", ['3'], "'--a=3'\n"],
    ['a file with CRLF', '--a=1\r\n--b=2\r\n', ['3'], '--a=3\r\n--b=2\r\n'],
    ['a BOM', '\uFEFF--a=1\n', ['3'], '\uFEFF--a=3\n'],
    ['no comment', '#--a=1\n--b=2\n', ['3'], '#--a=1\n--b=2\n--a=3\n'],
    ['a file without a final line end', '--b=2', ['3'], '--b=2\n--a=3'],
    [
      'a file without a final line end, with CRLF',
      '--c=1\r\n--b=2',
      ['3'],
      '--c=1\r\n--b=2\r\n--a=3',
    ],
    ['an empty file', '', ['3'], '--a=3\n'],
    ['what another option takes', '--b --a=1\n', ['3'], '--b --a=3\n'],
    [
      'nothing where a variable gives the value',
      '--a=${SNAP_DATA}/x\n',
      ['/var/snap/microk8s/current/x'],
      '--a=${SNAP_DATA}/x\n',
    ],
    ['as many as there are values', '--a=1\n--b=2\n', ['3', '4'], '--a=3\n--b=2\n--a=4\n'],
    ['too many of them', '--a=1\n--a=2\n--a=3\n', ['3', '4'], '--a=3\n--a=4\n'],
    ['no option that only begins like it', '--ab=1\n', ['3'], '--ab=1\n--a=3\n'],
  ];

const gone: readonly (readonly [name: string, before: string, after: string])[] = [
  ['its line', '--a=1\n--b=2\n', '--b=2\n'],
  ['all of its lines', '--a=1\n--b=2\n--a 3\n', '--b=2\n'],
  ['its words in a line of several', '--c --a 1 --b=2\n', '--c --b=2\n'],
  ['the last word of a line', '--b=2 --a\n', '--b=2\n'],
  ['the last line without a line end', '--b=2\n--a=1', '--b=2'],
];

describe('an edit of an arguments file', () => {
  for (const [name, before, values, after] of cases) {
    it(`changes ${name}`, () => expect(edited(before, 'a', ...values)).to.equal(after));
  }
  for (const [name, before, after] of gone) {
    it(`takes away ${name}`, () => expect(edited(before, 'a')).to.equal(after));
  }

  it('refuses a value that the file cannot hold', () => {
    for (const value of ['a b', '$HOME', '"', 'a\nb']) {
      expect(applyEdits('', [edit('a', [value])])).to.have.nested.property(
        'fault.code',
        'arguments-value-unwritable',
      );
    }
  });

  const piece = fc.constantFrom(
    ...[
      '--a=1',
      '--a',
      '--a 2',
      '--b=2',
      '# --a=9',
      '',
      ' ',
      '--c',
      '"--a=3"',
      '$X',
      '--d=${SNAP}',
      'x',
    ],
  );
  const file = fc
    .tuple(
      fc.constantFrom('', '\uFEFF'),
      fc.array(fc.tuple(piece, fc.constantFrom(' ', '\n', '\r\n', '\n\n')), { maxLength: 30 }),
      fc.boolean(),
    )
    .map(([mark, pieces, isCut]) => {
      const text = pieces.map(([own, end]) => own + end).join('');
      return mark + (isCut ? text.trimEnd() : text);
    });
  const change = fc.record({
    option: fc.constantFrom('a', 'b', 'e'),
    values: fc.array(fc.constantFrom('1', '10.1.0.0/16', 'x'), { maxLength: 3 }),
  });

  it('and its undo give the same bytes, and it is read as asked', () => {
    fc.assert(
      fc.property(file, fc.array(change, { minLength: 1, maxLength: 3 }), (text, changes) => {
        const result = applyEdits(
          text,
          changes.map(({ option, values }) => edit(option, values)),
        );
        if (!result.ok || result.text === undefined) throw new Error('refused');
        expect(applyUndo(result.text, undoOf(text, result.text))).to.deep.equal({ text, lost: 0 });
        const last = changes.at(-1);
        const read = optionsOf(parseArgumentsFile(result.text)).filter(
          ({ name }) => name === last?.option,
        );
        const values = read.map(({ value }) => value);
        expect(values.slice(-(last?.values.length ?? 0) || values.length)).to.deep.equal(
          last?.values,
        );
      }),
      { numRuns: 300 },
    );
  });

  it('made twice changes nothing more', () => {
    fc.assert(
      fc.property(file, change, (text, { option, values }) => {
        const once = edited(text, option, ...values);
        expect(edited(once, option, ...values)).to.equal(once);
      }),
    );
  });

  it('changes no line that has another option', () => {
    fc.assert(
      fc.property(file, (text) => {
        const after = edited(text, 'b', '7');
        const others = (one: string): readonly string[] =>
          linesOf(one)
            .filter((line) => !line.includes('--b'))
            .map((line) => line.replace(/^\uFEFF/, '').trimEnd())
            .filter((line) => line !== '');
        expect(others(after)).to.deep.equal(others(text));
      }),
    );
  });
});
