import { expect } from 'chai';
import fc from 'fast-check';
import { canonicalJson } from '../../../core/revision/canonical-json.ts';
import { digestOf } from '../../../core/revision/digest.ts';

describe('canonical JSON (RFC 8785)', () => {
  it('writes the example of section 3.2.2 as the RFC does', () => {
    const value = {
      numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"\/',
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).to.equal(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it('sorts keys by UTF-16 code units, as section 3.2.3 shows', () => {
    const keys = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6'];
    const value = Object.fromEntries(keys.map((key) => [key, 0]));
    const sorted: unknown = JSON.parse(
      canonicalJson(
        Object.entries(value)
          .map(([key]) => key)
          .sort(),
      ),
    );
    expect(Object.keys(JSON.parse(canonicalJson({ ...value, 1: 0 })) as object)).to.have.lengthOf(
      7,
    );
    expect(sorted).to.deep.equal([
      '\r',
      '1',
      '\u0080',
      '\u00f6',
      '\u20ac',
      '\ud83d\ude00',
      '\ufb33',
    ]);
    expect(canonicalJson(value).indexOf('\ufb33')).to.be.above(
      canonicalJson(value).indexOf('\ud83d'),
    );
  });

  it('refuses what is not JSON', () => {
    expect(() => canonicalJson(Number.NaN)).to.throw(TypeError);
    expect(() => canonicalJson(() => 0)).to.throw(TypeError);
  });

  it('keeps the value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const again: unknown = JSON.parse(canonicalJson(value));
        expect(canonicalJson(again)).to.equal(canonicalJson(value));
      }),
    );
  });
});

describe('digests', () => {
  it('are SHA-256 over the canonical form', () => {
    expect(digestOf({})).to.equal(
      'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
    );
  });

  it('do not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse());
        expect(digestOf(turned)).to.equal(digestOf(value));
      }),
    );
  });

  it('tell a key named __proto__ apart', () => {
    expect(digestOf(JSON.parse('{"__proto__":1}'))).to.not.equal(digestOf({}));
  });
});
