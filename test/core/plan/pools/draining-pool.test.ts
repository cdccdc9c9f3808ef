import { expect } from 'chai';
import { drainingAnnotation } from '../../../../core/plan/pools/draining-pool.ts';
import { planChanges } from '../../../../core/plan/plan-changes.ts';
import type { IPPool } from '../../../../core/calico/resource.ts';
import { desiredOf, observedOf, ours, pool, wanted } from '../sample.ts';

function draining(name = 'pods'): IPPool {
  const { metadata, ...rest } = pool(name, { disabled: true });
  return { ...rest, metadata: { ...metadata, annotations: { [drainingAnnotation]: 'true' } } };
}

function updatesOf(...[desired, observed]: Parameters<typeof planChanges>): readonly unknown[] {
  return planChanges(desired, observed).steps.flatMap(({ changes }) =>
    changes.map((change) =>
      change.action === 'update'
        ? [change.resource.metadata.annotations, change.resource.spec, change.keepsMarks]
        : change.action,
    ),
  );
}

describe('a pool whose deletion has begun', () => {
  it('is deleted when it is still to be deleted', () => {
    const desired = desiredOf([], { unknownPools: 'delete' });
    expect(updatesOf(desired, observedOf(ours(draining())))).to.deep.equal(['delete']);
  });

  it('is enabled again when the configuration names it again', () => {
    const plan = updatesOf(desiredOf([wanted(pool('pods'))]), observedOf(ours(draining())));
    const spec = { ...pool('pods').spec, disabled: false };
    expect(plan).to.deep.equal([[{}, spec, undefined]]);
  });

  it('stays disabled when the configuration asks for that, and loses the mark', () => {
    const disabled = pool('pods', { disabled: true });
    const plan = updatesOf(desiredOf([wanted(disabled)]), observedOf(ours(draining())));
    expect(plan).to.deep.equal([[{}, disabled.spec, undefined]]);
  });

  for (const unknownPools of ['not-managed', 'keep', 'delete'] as const) {
    it(`is enabled again, and not marked as ours, when it stays: ${unknownPools}`, () => {
      const poolUsage = [{ cidr: '192.168.0.0/16', addresses: 3 }];
      const observed = { ...observedOf({ resource: draining() }), poolUsage };
      const spec = { ...pool('pods').spec, disabled: false };
      expect(updatesOf(desiredOf([], { unknownPools }), observed)).to.deep.equal([
        [{}, spec, true],
      ]);
    });
  }

  it('is ignored by an agent without the scope of the cluster', () => {
    const desired = desiredOf([], { covers: [{ kind: 'node', node: 'node-0' }] });
    expect(updatesOf(desired, observedOf({ resource: draining() }))).to.deep.equal([]);
  });
});
