import { expect } from 'chai';
import fc from 'fast-check';
import { parseSelector } from '../../../../core/config/net/selector.ts';

const labels = { rack: 'r1', 'kubernetes.io/role': 'worker', Upper: 'Case', empty: '', in: 'x' };

function matches(text: string, of: Readonly<Record<string, string>> = labels): boolean {
  const parsed = parseSelector(text);
  if (!parsed.ok) throw new Error(`${parsed.message} (column ${parsed.column})`);
  return parsed.selector.matches(of);
}

describe('selectors', () => {
  for (const [text, expected] of [
    ["rack == 'r1'", true],
    ['rack == "r1"', true],
    ["rack=='r1'", true],
    ["rack == 'R1'", false],
    ["missing == 'r1'", false],
    ["rack != 'r2'", true],
    ["missing != 'r2'", true],
    ["rack in {'r1', 'r2'}", true],
    ["rack in {'r1',}", true],
    ['rack in {}', false],
    ["missing in {'r1'}", false],
    ["rack not in {'r2'}", true],
    ["rack notin {'r1'}", false],
    ["missing not in {'r1'}", true],
    ['has(rack)', true],
    ['has( kubernetes.io/role )', true],
    ['has(empty)', true],
    ['!has(missing)', true],
    ['!!has(rack)', true],
    ["rack contains '1'", true],
    ["rack starts with 'r'", true],
    ["rack startswith '1'", false],
    ["rack ends with '1'", true],
    ["missing contains ''", false],
    ['all()', true],
    ['global()', true],
    ['!all()', false],
    ['', true],
    ["has(rack) && has(missing) || rack == 'r1'", true],
    ['has(rack) || has(rack) && has(missing)', true],
    ['(has(rack) || has(rack)) && has(missing)', false],
    ['!(has(rack) && has(missing))', true],
    ["in == 'x'", true],
    ["in in {'x'}", true],
    ["Upper == 'Case'", true],
    ['has(toString)', false],
    ['has(__proto__)', false],
  ] as const) {
    it(`finds ${text || 'an empty selector'} ${expected ? 'true' : 'false'}`, () => {
      expect(matches(text)).to.equal(expected);
    });
  }

  for (const [text, message, column] of [
    ["rack = 'r1'", 'write ==', 6],
    ['rack == r1', 'a value in quotes', 9],
    ["rack == 'r1", "no closing '", 9],
    ['rack', 'an operator after the label rack', 5],
    ["rack is 'r1'", 'expected an operator', 6],
    ["rack in 'r1'", 'a set', 9],
    ["rack in {'r1'", '}', 14],
    ['has (rack)', 'an operator after the label has', 5],
    ['has()', 'has(…) needs one label', 1],
    ['all(x)', 'takes nothing', 1],
    ["(rack == 'r1'", 'expected )', 14],
    ["rack == 'r1')", '&&, || or the end', 13],
    ["rack == 'r1' &&", 'the selector ends', 16],
    ["rack == 'r1' & all()", 'write &&', 14],
    ["a == 'b' | all()", 'write ||', 10],
    ["rack == 'r1'\n&& all()", 'unexpected character', 13],
    ["räck == 'r1'", 'expected an operator', 2],
    [`${'a'.repeat(513)} == 'x'`, '512 characters', 1],
    ['('.repeat(65) + 'all()' + ')'.repeat(65), '64 parentheses', 66],
    ['x'.repeat(1025), '1024 characters', 1025],
  ] as const) {
    it(`refuses ${text.slice(0, 40)} at column ${column}`, () => {
      const parsed = parseSelector(text);
      if (parsed.ok) throw new Error('taken');
      expect(parsed.message).to.include(message);
      expect(parsed.column).to.equal(column);
    });
  }

  it('takes 64 nested parentheses', () => {
    expect(matches('('.repeat(64) + 'all()' + ')'.repeat(64))).to.equal(true);
  });

  it('never throws, and never takes a selector that it cannot evaluate', () => {
    const words = fc.constantFrom(
      'a',
      'has(a)',
      '==',
      '!=',
      "'x'",
      '(',
      ')',
      '&&',
      '||',
      '!',
      ' in ',
      '{',
      '}',
      ',',
      '=',
      ' ',
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(words).map((list) => list.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const parsed = parseSelector(text);
        if (parsed.ok) expect(parsed.selector.matches({ a: 'x' })).to.be.a('boolean');
        else expect(parsed.column).to.be.within(1, text.length + 1);
      }),
    );
  });
});
