import { expect } from 'chai';
import { describePlan } from '../../../core/plan/describe.ts';
import { patch, stepOf } from './sample.ts';

describe('a plan as people read it', () => {
  it('says beneath a step what it waits for, and for how long', () => {
    const gate = { kind: 'pool-free', cidr: '10.9.0.0/16', withinSeconds: 60 } as const;
    const steps = [{ ...stepOf('Delete pools', patch()), gates: [gate] }];
    expect(describePlan({ steps, issues: [] })).to.contain(
      '1. Delete pools: a test\n  waits until no address of 10.9.0.0/16 is in use; at most 60 s\n',
    );
  });
});
