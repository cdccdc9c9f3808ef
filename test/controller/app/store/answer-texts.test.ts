import { expect } from 'chai';
import fc from 'fast-check';
import { createAnswerTexts } from '../../../../controller/app/store/answer-texts.ts';
import type { StoredAnswer } from '../../../../schemas/generated/node-answer.ts';
import { refTo } from '../../../core/protocol/sample.ts';

type Said = Required<Omit<StoredAnswer, 'formatVersion' | 'node'>>;

/** Each field has two values, and many answers share one object. */
const ref = fc.constantFrom(refTo(1, 'a'), refTo(2, 'b'));
const said: { readonly [Field in keyof Said]: fc.Arbitrary<Said[Field]> } = {
  revision: ref,
  stage: fc.constantFrom('received', 'applied'),
  failure: fc.constantFrom(
    { code: 'superseded', message: 'a newer one came', issues: [] },
    { code: 'failed', message: 'no "session"', issues: [], retrying: true },
  ),
  takenOver: ref,
  accepted: ref,
  inForce: ref,
  confirmed: ref,
  asNumber: fc.constantFrom(64_512, 4_200_000_001),
  routeReflectorClusterId: fc.constantFrom('10.0.0.1', '10.0.0.2'),
  peers: fc.constantFrom(2, 3),
};
/** The most that a node says, from which single fields differ. */
const base = refTo(3, 'c');
const whole: Said = {
  revision: base,
  stage: 'confirmed',
  failure: { code: 'x', message: 'x', issues: [] },
  takenOver: base,
  accepted: base,
  inForce: base,
  confirmed: base,
  asNumber: 1,
  routeReflectorClusterId: '10.0.0.3',
  peers: 1,
};

describe('the texts of answers', () => {
  it('are those that each answer has by itself', () => {
    const anyAnswer = fc.record(
      { node: fc.constantFrom('node-0', 'node-1.example', 'n'), ...said },
      { requiredKeys: ['node'] },
    );
    fc.assert(
      fc.property(fc.array(anyAnswer, { maxLength: 20 }), (answers) => {
        const textOf = createAnswerTexts();
        for (const { node, ...rest } of answers) {
          const answer: StoredAnswer = { formatVersion: 1, node, ...rest };
          expect(textOf(answer)).to.equal(JSON.stringify(answer));
        }
      }),
      { numRuns: 200 },
    );
  });

  for (const field of Object.keys(said)) {
    it(`tell answers apart that differ in ${field} only`, () => {
      const without = Object.fromEntries(Object.entries(whole).filter(([name]) => name !== field));
      const textOf = createAnswerTexts();
      const one = { formatVersion: 1, node: 'node-0', ...whole } as const;
      const other = Object.assign({ formatVersion: 1, node: 'node-1' } as const, without);
      expect(textOf(one)).to.equal(JSON.stringify(one));
      expect(textOf(other)).to.equal(JSON.stringify(other));
    });
  }

  it('are refused where the name of a node could not be read again', () => {
    const textOf = createAnswerTexts();
    textOf({ formatVersion: 1, node: 'node-0', ...whole });
    expect(() => textOf({ formatVersion: 1, node: 'Not A Name', ...whole })).to.throw(
      'cannot store the answers of the node "Not A Name"',
    );
  });
});
