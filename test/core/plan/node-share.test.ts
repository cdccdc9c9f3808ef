import { expect } from 'chai';
import fc from 'fast-check';
import { planChanges } from '../../../core/plan/plan-changes.ts';
import type { Change, Plan, Step } from '../../../core/plan/plan.ts';
import { restrictPlan, touchesCluster } from '../../../core/plan/restrict-plan.ts';
import { changesOf, desired, observed } from './random-plans.ts';
import { brief, briefSteps, create, ofNode, patch, peer, pool, remove, stepOf } from './sample.ts';

const mine = create(peer('mine'), ofNode);
const shared = create(peer('shared'));

function planOf(...steps: readonly Step[]): Plan {
  return { formatVersion: 1, steps, issues: [] };
}

function isOfCluster(change: Change): boolean {
  return change.action !== 'patch-node' && change.scope.kind === 'cluster';
}

describe("an agent's part of a plan while another one writes the cluster-wide resources", () => {
  const rules: readonly [string, readonly Step[], readonly (readonly string[])[], boolean][] = [
    ['nothing of nothing', [], [], false],
    [
      'all of what is its own',
      [stepOf('a', patch()), stepOf('b', mine)],
      [['patch node-0'], ['create BGPPeer/mine']],
      false,
    ],
    [
      'its own changes of a step that has others too, and none of a later one',
      [stepOf('a', patch()), stepOf('b', shared, mine), stepOf('c', patch())],
      [['patch node-0'], ['create BGPPeer/mine']],
      true,
    ],
    [
      'none after a step that is not its own at all',
      [stepOf('a', create(pool('p'))), stepOf('b', patch())],
      [],
      true,
    ],
    [
      'not a peer whose predecessor it may not delete: of two AS numbers Calico would pick one',
      [stepOf('a', remove(peer('old')), mine, create(peer('other'), ofNode))],
      [['create BGPPeer/other']],
      true,
    ],
    [
      'a peer whose predecessor is its own as well',
      [stepOf('a', shared, remove(peer('old'), ofNode), mine)],
      [['delete BGPPeer/old', 'create BGPPeer/mine']],
      true,
    ],
  ];
  for (const [what, steps, expected, waiting] of rules) {
    it(`is ${what}`, () => {
      const restricted = restrictPlan(planOf(...steps));
      expect(briefSteps(restricted.plan)).to.deep.equal(expected);
      expect(restricted.waiting).to.equal(waiting);
      expect(touchesCluster(planOf(...steps))).to.equal(
        steps.some((one) => one.changes.some(isOfCluster)),
      );
    });
  }

  it('is a part of the plan in its order, and with the rest the whole', () => {
    fc.assert(
      fc.property(desired, observed, (wanted, state) => {
        const plan = planChanges(wanted, state);
        const restricted = restrictPlan(plan);
        const own = changesOf(restricted.plan);
        expect(touchesCluster(restricted.plan)).to.equal(false);
        expect(changesOf(plan).filter((change) => own.includes(change))).to.deep.equal(own);
        const rest = changesOf(plan).filter((change) => !own.includes(change));
        expect(rest.length > 0).to.equal(restricted.waiting);
        expect(touchesCluster(plan)).to.equal(restricted.waiting);
        // Nothing waits without a reason: its own changes come after one that is not its own.
        const [first] = rest;
        const step = plan.steps.find(
          ({ changes }) => first !== undefined && changes.includes(first),
        );
        expect(step?.changes.some(isOfCluster) ?? true).to.equal(true);
      }),
    );
  });

  it('writes the rest of its part once the other one has written its own', () => {
    const plan = planOf(stepOf('a', create(pool('p'))), stepOf('b', patch()));
    const [, later] = plan.steps;
    const after = planOf(...(later === undefined ? [] : [later]));
    expect(restrictPlan(after).plan.steps.flatMap((step) => step.changes.map(brief))).to.deep.equal(
      ['patch node-0'],
    );
  });
});
