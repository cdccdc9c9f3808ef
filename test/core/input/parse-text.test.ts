import { expect } from 'chai';
import fc from 'fast-check';
import { finishParts } from '../../../core/finish-parts.ts';
import { parseTextInParts } from '../../../core/input/parse-text.ts';

/** Parses in pieces of so many characters; undefined: it is no JSON. */
function parsed(text: string, mostPiece?: number): { value: unknown; rests: number } | undefined {
  const parts = parseTextInParts(text, JSON.parse, mostPiece === undefined ? {} : { mostPiece });
  try {
    for (let rests = 0; ; rests += 1) {
      const part = parts.next();
      if (part.done === true) return { value: part.value, rests };
    }
  } catch (error) {
    expect(error).to.be.instanceOf(SyntaxError);
    return undefined;
  }
}

function parsedAtOnce(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

describe('parsing JSON piece by piece', () => {
  it('gives what JSON.parse gives', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.nat(3),
        fc.integer({ min: 1, max: 20 }),
        (data, space, most) => {
          const text = JSON.stringify(data, undefined, space);
          expect(parsed(text, most)?.value).to.deep.equal(JSON.parse(text));
        },
      ),
    );
  });

  it('keeps one member more of an object than its reader takes, and all that follows', () => {
    const members = Array.from(
      { length: 100 },
      (_one, index) => [`label-${index}`, index] as const,
    );
    const labels = Object.fromEntries(members);
    const text = JSON.stringify({ items: [{ labels }, { name: 'b' }] });
    const parts = parseTextInParts(text, JSON.parse, { mostPiece: 50, mostMembers: 20 });
    const kept = Object.fromEntries(members.slice(0, 21));
    expect(finishParts(parts)).to.deep.equal({ items: [{ labels: kept }, { name: 'b' }] });
  });

  it('counts a repeated name once, so that no other member is left out', () => {
    const text = `{${'"a":1,'.repeat(100)}"b":2}`;
    const parts = parseTextInParts(text, JSON.parse, { mostPiece: 20, mostMembers: 5 });
    expect(finishParts(parts)).to.deep.equal({ a: 1, b: 2 });
  });

  it('takes no text that JSON.parse does not take', () => {
    const letters = fc.constantFrom(...'[]{},:" \\10ae', '"a":', '"b",', 'null', '\u00a0', '\n');
    fc.assert(
      fc.property(fc.array(letters), fc.integer({ min: 1, max: 4 }), (signs, most) => {
        const text = signs.join('');
        const whole = parsedAtOnce(text);
        expect(parsed(text, most)?.value, text).to.deep.equal(whole?.value);
        expect(parsed(text, most) === undefined, text).to.equal(whole === undefined);
      }),
      { numRuns: 20_000 },
    );
  });

  const wrong = ['[1,]', '[,1]', '[1,,2]', '[ ,1]', '{"a":1,}', '{,}', '{"a"}', '{"a" 1}', '[1}'];
  for (const text of [...wrong, '[1],[2]', '{"a":1},{"b":2}', '["a]', '[1\u00a0]', '', ' ', '[']) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      for (const most of [1, 2, 3, 5, 100]) expect(parsed(text, most)).to.equal(undefined);
    });
  }

  it('keeps a member with the name __proto__, and the last of two members of one name', () => {
    const text = '{"__proto__": {"a": [1, 2, 3]}, "b": 1, "c": 2, "b": 3}';
    const value = parsed(text, 4)?.value;
    expect(JSON.stringify(value)).to.equal(JSON.stringify(JSON.parse(text)));
    expect(Object.getPrototypeOf(value)).to.equal(Object.prototype);
  });

  it('rests often in a large text', () => {
    const labels = Object.fromEntries(Array.from({ length: 100_000 }, (_one, n) => [`l${n}`, '']));
    const text = JSON.stringify({ metadata: { labels } });
    const found = parsed(text);
    expect(found?.value).to.deep.equal({ metadata: { labels } });
    expect(found?.rests).to.be.greaterThan(text.length / 16_384);
  });
});
