import { expect } from 'chai';
import fc from 'fast-check';
import {
  judgeOffer,
  type OfferedRevision,
  type OfferContext,
  type Verdict,
} from '../../../core/revision/judge-offer.ts';

const a = `sha256:${'a'.repeat(64)}`;
const b = `sha256:${'b'.repeat(64)}`;
const fleet = 'controller:fleet';

const nothing: OfferContext = { lineages: [], rejected: [] };
const fleetAt5: OfferContext = {
  takenBy: 'controller',
  accepted: { lineage: fleet, number: 5, digest: a },
  lineages: [{ lineage: fleet, number: 5, digest: a }],
  rejected: [],
};
const rejection = { lineage: fleet, number: 6, digest: b, at: '2026-01-01', reason: 'no session' };

const offer = (changes: Partial<OfferedRevision>): OfferedRevision => ({
  source: 'controller',
  lineage: fleet,
  digest: a,
  takeOver: false,
  retry: false,
  ...changes,
});
const outcome = (verdict: Verdict): string =>
  verdict.verdict === 'refuse'
    ? verdict.code
    : `${verdict.verdict} ${String(verdict.revision.number)}`;

const rules: readonly [string, Partial<OfferedRevision>, OfferContext, string][] = [
  ['the first offer is number 1', {}, nothing, 'accept 1'],
  ['the first offer keeps the number that it brings', { number: 7 }, nothing, 'accept 7'],
  ['the same again starts nothing', { number: 5 }, fleetAt5, 'already 5'],
  ['the same content without a number is the last one', {}, fleetAt5, 'already 5'],
  ['another content without a number is the next one', { digest: b }, fleetAt5, 'accept 6'],
  ['the same content under a newer number is a new revision', { number: 6 }, fleetAt5, 'accept 6'],
  [
    'an older number is refused, whatever it holds',
    { number: 4, digest: b },
    fleetAt5,
    'older-number',
  ],
  [
    'an older number is refused, even with the same content',
    { number: 4 },
    fleetAt5,
    'older-number',
  ],
  ['a number is not used for two contents', { number: 5, digest: b }, fleetAt5, 'number-reused'],
  [
    "a sender's digest that is not ours is refused",
    { claimedDigest: b },
    nothing,
    'digest-differs',
  ],
  ["a sender's digest that is ours is fine", { claimedDigest: a }, nothing, 'accept 1'],
  [
    'another source is refused',
    { source: 'juju', lineage: 'juju:calico' },
    fleetAt5,
    'source-not-permitted',
  ],
  [
    'another source may take over',
    { source: 'juju', lineage: 'juju:calico', takeOver: true },
    fleetAt5,
    'accept 1',
  ],
  [
    'nobody takes over from the source that agent.yaml names',
    { source: 'juju', lineage: 'juju:calico', takeOver: true },
    { ...fleetAt5, configuredSource: 'controller' },
    'source-not-permitted',
  ],
  [
    'the source that agent.yaml names needs no take-over',
    { source: 'juju', lineage: 'juju:calico' },
    { ...fleetAt5, configuredSource: 'juju' },
    'accept 1',
  ],
  [
    'a number that leaps cannot be used up by one message',
    { number: Number.MAX_SAFE_INTEGER },
    fleetAt5,
    'number-too-high',
  ],
  ['not even a first one', { number: Number.MAX_SAFE_INTEGER }, nothing, 'number-too-high'],
  [
    'a leap of a controller that goes on above others is fine',
    { number: 500_001 },
    fleetAt5,
    'accept 500001',
  ],
  [
    'numbers of other lineages do not count',
    { lineage: 'controller:other', number: 1 },
    fleetAt5,
    'accept 1',
  ],
  [
    'what was rejected is not applied because it is brought again',
    { number: 6, digest: b },
    { ...fleetAt5, rejected: [rejection] },
    'rejected-before',
  ],
  [
    'nor under a newer number',
    { number: 9, digest: b },
    { ...fleetAt5, rejected: [rejection] },
    'rejected-before',
  ],
  [
    'what was rejected is applied again on retry',
    { number: 6, digest: b, retry: true },
    { ...fleetAt5, rejected: [rejection] },
    'accept 6',
  ],
  [
    'a retry of what is in force and never was rejected starts nothing',
    { retry: true },
    fleetAt5,
    'already 5',
  ],
  [
    'the last of a lineage is accepted again after another lineage was in between',
    {},
    { ...fleetAt5, accepted: { lineage: 'local:node-0', number: 1, digest: b } },
    'accept 5',
  ],
];

describe('judging an offered revision', () => {
  for (const [what, changes, standing, expected] of rules) {
    it(what, () => {
      expect(outcome(judgeOffer(offer(changes), standing))).to.equal(expected);
    });
  }

  it('gives the reason and what to do', () => {
    const verdict = judgeOffer(offer({ digest: b }), { ...fleetAt5, rejected: [rejection] });
    expect(verdict)
      .to.have.property('message')
      .that.matches(/no session.*retry/);
  });

  it('never accepts a number below the last of the lineage', () => {
    const number = fc.integer({ min: 1, max: 20 });
    fc.assert(
      fc.property(
        number,
        number,
        fc.constantFrom(a, b),
        fc.boolean(),
        (offered, last, digest, retry) => {
          const standing = { ...nothing, lineages: [{ lineage: fleet, number: last, digest: a }] };
          const verdict = judgeOffer(offer({ number: offered, digest, retry }), standing);
          const accepted = verdict.verdict === 'accept';
          expect(accepted).to.equal(offered > last || (offered === last && digest === a));
        },
      ),
    );
  });
});
