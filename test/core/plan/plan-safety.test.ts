import { expect } from 'chai';
import type { NodeSettings } from '../../../core/calico/node.ts';
import { poolsToDelete } from '../../../core/plan/find-deletions.ts';
import { planChanges } from '../../../core/plan/plan-changes.ts';
import type { Observed, PoolUsage, TakenName } from '../../../core/observe/observed.ts';
import type { Desired } from '../../../core/render/desired.ts';
import {
  brief,
  briefSteps,
  desiredOf,
  observedOf,
  ours,
  peer,
  place,
  pool,
  wanted,
} from './sample.ts';

const codes = ({ issues }: { readonly issues: readonly { severity: string; code: string }[] }) =>
  issues.map(({ severity, code }) => `${severity} ${code}`);

describe('a change of an existing object', () => {
  it('carries the version that was observed', () => {
    const observed = observedOf(
      { ...ours(peer('changed', { asNumber: 65009 })), version: '17' },
      { ...ours(peer('gone', { peerIP: 'fd00::1' })), version: '18' },
    );
    const plan = planChanges(desiredOf([wanted(peer('changed'))]), observed);
    const changes = plan.steps.flatMap((step) => step.changes);
    expect(changes.map(brief)).to.deep.equal(['update BGPPeer/changed', 'delete BGPPeer/gone']);
    expect(changes.map((change) => 'version' in change && change.version)).to.deep.equal([
      '17',
      '18',
    ]);
  });
});

describe('a desired name that is taken', () => {
  const taken = [{ kind: 'BGPPeer', name: 'Router-A', why: 'it has a peerSelector' } as const];

  it('is an error at its place, describes the object and what to do, and changes nothing', () => {
    const desired = desiredOf([
      wanted(peer('Router-A')),
      wanted(peer('free', { peerIP: 'fd00::1' })),
    ]);
    const plan = planChanges(desired, { ...observedOf(), taken });
    expect(plan.steps).to.deep.equal([]);
    expect(codes(plan)).to.deep.equal(['error name-taken']);
    expect(plan.issues[0]).to.include(place);
    expect(plan.issues[0]?.message).to.match(
      /^cannot write BGPPeer "Router-A": .*it has a peerSelector$/,
    );
    expect(plan.issues[0]?.hint).to.contain('calicoctl get BGPPeer Router-A');
  });

  it('is none when it is of another kind, or differs in capital letters', () => {
    const desired = desiredOf([wanted(pool('Router-A')), wanted(peer('router-a'))]);
    expect(planChanges(desired, { ...observedOf(), taken }).issues).to.deep.equal([]);
  });
});

describe('unreadable objects', () => {
  const unreadable = (name: string): TakenName => ({
    kind: 'IPPool',
    name,
    why: 'spec.cidr has the wrong type',
    isUnreadable: true,
  });

  it('are named in a warning, with what to do, and the rest of the plan stays', () => {
    const taken = [
      unreadable('odd'),
      { kind: 'BGPPeer', name: 's', why: 'it has a peerSelector' },
    ] as const;
    const plan = planChanges(desiredOf([wanted(peer('p'))]), { ...observedOf(), taken });
    expect(briefSteps(plan)).to.deep.equal([['create BGPPeer/p']]);
    expect(codes(plan)).to.deep.equal(['warning object-unreadable']);
    expect(plan.issues[0]?.message).to.contain('IPPool "odd": spec.cidr has the wrong type');
    expect(plan.issues[0]?.hint).to.contain('calicoctl get IPPool odd');
  });

  it('are counted when they are many', () => {
    const taken = Array.from({ length: 1000 }, (_, index) => unreadable(`odd-${String(index)}`));
    const { issues } = planChanges(desiredOf([]), { ...observedOf(), taken });
    expect(issues).to.have.length(21);
    expect(issues.at(-1)?.message).to.contain('980 more');
  });
});

describe('a node that the datastore does not have', () => {
  const plan = (settings: NodeSettings): ReturnType<typeof planChanges> =>
    planChanges(
      desiredOf([wanted(peer('p'))], { nodes: [{ name: 'Node-0', settings, reasons: {} }] }),
      {
        resources: [],
        nodes: [{ name: 'Node-0', settings: { groupLabels: [] }, exists: false }],
      },
    );

  it('is not patched, and a warning names it; the rest of the plan stays', () => {
    const planned = plan({ asNumber: 65001, groupLabels: [] });
    expect(briefSteps(planned)).to.deep.equal([['create BGPPeer/p']]);
    expect(codes(planned)).to.deep.equal(['warning node-missing']);
    expect(planned.issues[0]).to.include({ node: 'Node-0' });
    expect(planned.issues[0]?.message).to.contain('not in the datastore yet');
  });

  it('needs no warning without changes', () => {
    expect(plan({ asNumber: null, groupLabels: [] }).issues).to.deep.equal([]);
  });
});

describe('a pool to delete', () => {
  const found = pool('found', { cidr: 'FD00:0::/48' });
  const observed = observedOf({ resource: found }, ours(pool('ours')));
  const desired = (unknownPools: Desired['unknownPools']): Desired =>
    desiredOf([], { unknownPools });
  const usage = (addresses: number, cidr = 'fd00::/48'): readonly PoolUsage[] => [
    { cidr, addresses },
    { cidr: '192.168.0.0/16', addresses: 0 },
  ];
  const planned = (
    unknownPools: Desired['unknownPools'],
    poolUsage?: readonly PoolUsage[],
  ): ReturnType<typeof planChanges> => {
    const known: Observed = poolUsage === undefined ? observed : { ...observed, poolUsage };
    return planChanges(desired(unknownPools), known);
  };
  const both = ['delete IPPool/found', 'delete IPPool/ours'];
  const deleted = ['warning pool-deleted', 'warning pool-deleted'];
  const kept = ['warning pool-in-use', 'warning pool-deleted'];
  const rules: readonly [
    string,
    Desired['unknownPools'],
    readonly PoolUsage[] | undefined,
    readonly string[],
    readonly string[],
  ][] = [
    ['goes where nobody was asked what is in use', 'delete', undefined, both, deleted],
    [
      'stays where nobody can tell',
      'delete',
      [],
      [],
      ['warning pool-in-use', 'warning pool-in-use'],
    ],
    ['goes with no address in use', 'delete', usage(0), both, deleted],
    ['stays with one address in use', 'delete', usage(1), ['delete IPPool/ours'], kept],
    [
      'stays where nobody can tell of this one',
      'delete',
      usage(0, 'fd00:9::/48'),
      ['delete IPPool/ours'],
      kept,
    ],
    ['goes with addresses in use where that is said', 'delete-in-use', usage(7), both, deleted],
    ['is none where pools are kept', 'keep', usage(0), [], ['note pool-kept']],
    ['is none where pools are not managed', 'not-managed', usage(0), [], []],
  ];
  for (const [what, unknownPools, poolUsage, steps, issues] of rules) {
    it(what, () => {
      const plan = planned(unknownPools, poolUsage);
      expect(briefSteps(plan).flat()).to.deep.equal(steps);
      expect(codes(plan)).to.deep.equal(issues);
    });
  }

  it('has the number of its addresses in use, whether it stays or is deleted', () => {
    expect(planned('delete', usage(1)).issues[0]?.message).to.contain(
      '1 of its addresses is in use',
    );
    expect(planned('delete', usage(1)).issues[0]?.hint).to.contain('delete-in-use');
    expect(planned('delete-in-use', usage(7)).issues[0]?.message).to.contain(
      '7 of its addresses are',
    );
  });

  it('needs its usage', () => {
    expect(poolsToDelete(desired('delete'), observed)).to.deep.equal([
      'FD00:0::/48',
      '192.168.0.0/16',
    ]);
    expect(poolsToDelete(desired('delete-in-use'), observed)).to.have.length(2);
    expect(poolsToDelete(desired('keep'), observed)).to.deep.equal([]);
    const named = desiredOf([wanted(pool('found', { cidr: 'fd00::/48' })), wanted(pool('ours'))], {
      unknownPools: 'delete',
    });
    expect(poolsToDelete(named, observed)).to.deep.equal([]);
  });
});
