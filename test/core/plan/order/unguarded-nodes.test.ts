import { expect } from 'chai';
import { unguardedNodes } from '../../../../core/plan/order/unguarded-nodes.ts';
import type { Step } from '../../../../core/plan/plan.ts';

const guarded: Step = {
  title: 'Set the nodes',
  why: '',
  gates: [{ kind: 'fleet-guarding', withinSeconds: 60 }],
  changes: [],
};

describe('nodes that did not report in the last change', () => {
  it('are named in one note of a plan that waits for guard routes', () => {
    const messages = [['node-7'], ['node-7', 'node-8']].map(
      (withoutReport) => unguardedNodes([guarded], { withoutReport })[0]?.message,
    );
    expect(messages).to.deep.equal([
      'node-7 did not report in the last change: it has no agent, or its agent has not got the configuration; its routes are not guarded',
      'node-7, node-8 did not report in the last change: they have no agents, or their agents have not got the configuration; their routes are not guarded',
    ]);
  });

  it('are not named when nothing is guarded, or all nodes reported', () => {
    const unguarded = { ...guarded, gates: [] };
    expect(unguardedNodes([unguarded], { withoutReport: ['node-7'] })).to.deep.equal([]);
    expect(unguardedNodes([guarded], { withoutReport: [] })).to.deep.equal([]);
    expect(unguardedNodes([guarded], {})).to.deep.equal([]);
  });
});
