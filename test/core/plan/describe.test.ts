import { expect } from 'chai';
import { describePlan } from '../../../core/plan/describe.ts';
import { patch, stepOf } from './sample.ts';

describe('a plan for people', () => {
  it('has below a step its conditions, and for how long it waits', () => {
    const gate = { kind: 'pool-free', cidr: '10.9.0.0/16', withinSeconds: 60 } as const;
    const steps = [{ ...stepOf('Delete pools', patch()), gates: [gate] }];
    expect(describePlan({ steps, issues: [] })).to.contain(
      '1. Delete pools: a test\n  waits until no address of 10.9.0.0/16 is in use; at most 60 s\n',
    );
  });
});
