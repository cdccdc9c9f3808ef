import { expect } from 'chai';
import { joinCloudSteps } from '../../../../core/plan/cloud/join-cloud-steps.ts';
import type { AnyChange, Step } from '../../../../core/plan/plan.ts';
import { pool } from '../sample.ts';

function created(ipipMode: 'Always' | 'CrossSubnet'): Step<AnyChange> {
  const resource = pool('a', { ipipMode, vxlanMode: 'Never' });
  const change: AnyChange = { action: 'create', scope: { kind: 'cluster' }, resource, fields: [] };
  return { title: 'make pools', why: 'asked for', gates: [], changes: [change] };
}

describe('a new pool beside a cloud section', () => {
  for (const [mode, waits, gates] of [
    ['CrossSubnet', true, ['fleet-written']],
    ['CrossSubnet', false, []],
    ['Always', true, []],
  ] as const) {
    it(`with ipip ${mode} ${gates.length > 0 ? 'waits' : 'does not wait'} for the checks where ${waits ? 'they go off' : 'they stay'}`, () => {
      const [step] = joinCloudSteps([created(mode)], [], waits);
      expect(step?.gates.map(({ kind }) => kind)).to.deep.equal(gates);
    });
  }
});
