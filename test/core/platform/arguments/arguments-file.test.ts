import { expect } from 'chai';
import fc from 'fast-check';
import {
  optionsOf,
  parseArgumentsFile,
  printArgumentsFile,
} from '../../../../core/platform/arguments/arguments-file.ts';

const piece = fc.constantFrom(
  '--a=b',
  '--cluster-cidr',
  ' ',
  '  ',
  '#',
  '"',
  "'",
  '=',
  '$SNAP_DATA',
  '${X}',
  '\t',
  '\r',
  '\n',
  '\uFEFF',
  '10.1.0.0/16',
  'é',
);

describe('an arguments file of MicroK8s', () => {
  it('is printed unchanged, with any content', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece).map((all) => all.join('')),
    );
    fc.assert(fc.property(text, (one) => printArgumentsFile(parseArgumentsFile(one)) === one));
  });

  it('has the arguments that kubelite reads from it', () => {
    const text = '# x\n\n  --a="b c"\n--d e --f\n--g=$SNAP/h\r\n--i';
    expect(parseArgumentsFile(text).lines.flatMap(({ parts }) => parts)).to.deep.equal([
      '--a=b',
      'c',
      '--d',
      'e',
      '--f',
      '--g=$SNAP/h',
      '--i',
    ]);
    expect(optionsOf(parseArgumentsFile(text))).to.deep.equal([
      { name: 'a', value: 'b', line: 3 },
      { name: 'd', value: 'e', line: 4 },
      { name: 'f', value: 'true', line: 4 },
      { name: 'g', value: '/snap/microk8s/current/h', line: 5 },
      { name: 'i', value: 'true', line: 6 },
    ]);
  });
});
