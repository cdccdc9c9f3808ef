import { expect } from 'chai';
import fc from 'fast-check';
import type { AnyChange, Change, Step } from '../../../../core/plan/plan.ts';
import { splitStepsInParts } from '../../../../core/plan/order/split-steps.ts';
import { brief, briefSteps, create, patch, peer, pool, remove, stepOf } from '../sample.ts';

function splitSteps<C extends AnyChange>(
  steps: readonly Step<C>[],
  most: number | undefined,
): readonly Step<C>[] {
  const parts = splitStepsInParts(steps, most);
  for (;;) {
    const part = parts.next();
    if (part.done === true) return part.value;
  }
}

const names = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `p${index}`);

describe('a step with more changes than the datastore takes at once', () => {
  it('is split in its order, and each part has its number', () => {
    const step = stepOf('Make the peers', ...names(5).map((name) => create(peer(name))));
    const parts = splitSteps([step, stepOf('Then', patch())], 2);
    expect(parts.map(({ title, changes }) => [title, changes.length])).to.deep.equal([
      ['Make the peers (1 of 3)', 2],
      ['Make the peers (2 of 3)', 2],
      ['Make the peers (3 of 3)', 1],
      ['Then', 1],
    ]);
    expect(parts.map(({ why }) => why)).to.deep.equal(Array(4).fill('a test'));
  });

  it('waits for its gates before its first part alone', () => {
    const gate = { kind: 'pool-free', cidr: '10.9.0.0/16', withinSeconds: 60 } as const;
    const step = { ...stepOf('a', patch(), patch()), gates: [gate] };
    expect(splitSteps([step], 1).map(({ gates }) => gates)).to.deep.equal([[gate], []]);
  });

  it('is not split when the datastore has no limit', () => {
    const steps = [stepOf('a', patch(), patch())];
    expect(splitSteps(steps, undefined)).to.equal(steps);
  });

  it('never separates a deletion from the peer that stands right after it and replaces it', () => {
    const step = stepOf(
      'a',
      create(peer('a')),
      remove(peer('old')),
      remove(peer('older')),
      create(peer('new')),
      create(peer('z')),
    );
    expect(briefSteps({ steps: splitSteps([step], 3) })).to.deep.equal([
      ['create BGPPeer/a'],
      ['delete BGPPeer/old', 'delete BGPPeer/older', 'create BGPPeer/new'],
      ['create BGPPeer/z'],
    ]);
    expect(briefSteps({ steps: splitSteps([step], 2) })[1]).to.have.length(3);
  });

  it('separates deletions that nothing replaces', () => {
    const step = stepOf(
      'a',
      remove(peer('x')),
      remove(peer('y')),
      patch(),
      remove(pool('z')),
      create(peer('p')),
    );
    expect(briefSteps({ steps: splitSteps([step], 2) })).to.deep.equal([
      ['delete BGPPeer/x', 'delete BGPPeer/y'],
      ['patch node-0', 'delete IPPool/z'],
      ['create BGPPeer/p'],
    ]);
  });

  const change: fc.Arbitrary<Change> = fc
    .tuple(fc.constantFrom('create', 'remove', 'patch'), fc.nat(9))
    .map(([kind, number]) => {
      if (kind === 'patch') return patch(`node-${number}`);
      return kind === 'create' ? create(peer(`p${number}`)) : remove(peer(`p${number}`));
    });
  const step = fc.array(change, { minLength: 1, maxLength: 12 }).map((all) => stepOf('s', ...all));

  it('keeps every change in its order, in parts that are no larger than necessary', () => {
    fc.assert(
      fc.property(fc.array(step), fc.integer({ min: 1, max: 6 }), (steps, most) => {
        const parts = splitSteps(steps, most);
        const flat = (list: typeof parts): readonly Change[] =>
          list.flatMap(({ changes }) => changes);
        expect(flat(parts)).to.deep.equal(flat(steps));
        for (const { changes } of parts) {
          expect(changes).to.not.have.length(0);
          const [first, ...rest] = changes.toReversed();
          const isReplacement =
            first?.action === 'create' && rest.every(({ action }) => action === 'delete');
          if (changes.length > most)
            expect(isReplacement, changes.map(brief).join()).to.equal(true);
        }
      }),
    );
  });

  it('never ends a part with a deletion whose peer is in the next one', () => {
    fc.assert(
      fc.property(step, fc.integer({ min: 1, max: 6 }), (one, most) => {
        const parts = splitSteps([one], most);
        for (const [index, { changes }] of parts.entries()) {
          const following = parts.slice(index + 1).flatMap((part) => part.changes);
          const next = following.find(({ action }) => action !== 'delete');
          const isParted = changes.at(-1)?.action === 'delete' && next?.action === 'create';
          expect(isParted).to.equal(false);
        }
      }),
    );
  });
});
