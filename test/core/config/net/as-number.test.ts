import { expect } from 'chai';
import { parseAsNumber } from '../../../../core/config/net/as-number.ts';
import { locate } from '../../../../core/config/yaml/located-yaml.ts';
import { textBounds } from '../../../../core/input/bounds.ts';
import type { LocatedScalar } from '../../../../core/config/yaml/located.ts';

function scalar(text: string): LocatedScalar {
  const located = locate(`asn: ${text}`, textBounds.config);
  if (!located.ok || located.root.kind !== 'map') throw new Error(`cannot locate ${text}`);
  const value = located.root.entries[0]?.value;
  if (value?.kind !== 'scalar') throw new Error(`${text} is no scalar`);
  return value;
}

describe('AS numbers', () => {
  const accepted: readonly (readonly [string, number])[] = [
    ['64512', 64512],
    ['"64512"', 64512],
    ["'4200000000'", 4_200_000_000],
    ['4294967294', 4_294_967_294],
    ['65534', 65534],
    ['"64512.5"', 4_227_858_437],
    ['!!str 64086.59904', 4_200_000_000],
  ];
  for (const [text, value] of accepted) {
    it(`reads ${text} as ${value} without a warning`, () => {
      expect(parseAsNumber(scalar(text))).to.deep.equal({ ok: true, value, issues: [] });
    });
  }

  const warned: readonly (readonly [string, number, string, string])[] = [
    ['13335', 13335, 'as-number-public', 'a public one'],
    ['1', 1, 'as-number-public', 'a public one'],
    ['65552', 65552, 'as-number-public', 'a public one'],
    ['64511', 64511, 'as-number-documentation', 'RFC 5398'],
    ['65536', 65536, 'as-number-documentation', 'RFC 5398'],
    ['"1.10"', 65546, 'as-number-documentation', 'RFC 5398'],
  ];
  for (const [text, value, code, words] of warned) {
    it(`reads ${text} as ${value} and warns with ${code}`, () => {
      const parsed = parseAsNumber(scalar(text));
      expect(parsed).to.include({ ok: true, value });
      expect(parsed.issues).to.have.lengthOf(1);
      expect(parsed.issues[0]).to.include({ code, severity: 'warning', line: 1, column: 6 });
      expect(parsed.issues[0]?.message).to.include(words);
    });
  }

  const refused: readonly (readonly [string, string, string])[] = [
    ['0', 'as-number-reserved', 'RFC 7607'],
    ['23456', 'as-number-reserved', 'RFC 6793'],
    ['65535', 'as-number-reserved', 'RFC 7300'],
    ['4294967295', 'as-number-reserved', 'RFC 7300'],
    ['"0.0"', 'as-number-reserved', 'RFC 7607'],
    ['"65535.65535"', 'as-number-reserved', 'RFC 7300'],
    ['4294967296', 'as-number-out-of-range', '"4294967296"'],
    ['"1.65536"', 'as-number-out-of-range', '"1.65536"'],
    ['"65536.0"', 'as-number-out-of-range', '"65536.0"'],
    ['-5', 'as-number-out-of-range', '"-5"'],
    ['99999999999999999999', 'as-number-out-of-range', 'from 1 to 4294967294'],
    ['64512.5', 'as-number-unquoted-dotted', '"64512.5" without quotes'],
    ['1.10', 'as-number-unquoted-dotted', '"1.10" without quotes'],
    ['64512.0', 'as-number-unquoted-dotted', 'without quotes'],
    ['.5', 'as-number-unquoted-dotted', 'without quotes'],
    ['abc', 'as-number-invalid', '"abc" is not an AS number'],
    ['1e5', 'as-number-invalid', '"1e5"'],
    ['0x10', 'as-number-invalid', '"0x10"'],
    ['0o17', 'as-number-invalid', '"0o17"'],
    ['064512', 'as-number-invalid', '"064512"'],
    ['"01.2"', 'as-number-invalid', '"01.2"'],
    ['+64512', 'as-number-invalid', '"+64512"'],
    ['" 64512"', 'as-number-invalid', '" 64512"'],
    ['"1.2.3"', 'as-number-invalid', '"1.2.3"'],
    ['true', 'as-number-invalid', '"true"'],
    ['""', 'as-number-invalid', 'an empty value'],
    ['null', 'as-number-invalid', '"null"'],
    ['.inf', 'as-number-invalid', '".inf"'],
  ];
  for (const [text, code, words] of refused) {
    it(`refuses ${text} with ${code}`, () => {
      const parsed = parseAsNumber(scalar(text));
      expect(parsed.ok).to.equal(false);
      expect(parsed.issues).to.have.lengthOf(1);
      expect(parsed.issues[0]).to.include({
        code,
        severity: 'error',
        pointer: '/asn',
        line: 1,
        column: text.startsWith('!!') ? 12 : 6,
      });
      expect(parsed.issues[0]?.message).to.include(words);
    });
  }

  it('says how to quote a dotted number, and which number it is', () => {
    expect(parseAsNumber(scalar('1.10')).issues[0]?.hint).to.equal(
      'write "1.10" in quotes if AS number 65546 is meant, else a whole number',
    );
  });

  it('does not repeat a megabyte in its message', () => {
    const { issues } = parseAsNumber(scalar('x'.repeat(100_000)));
    expect(issues[0]?.message.length).to.be.below(200);
  });
});
