import { expect } from 'chai';
import { decideEnd, type GuardWatch } from '../../../core/guard/decide-end.ts';
import { departedDestinations } from '../../../core/guard/departed-destinations.ts';
import { guardSeconds } from '../../../core/guard/guard-seconds.ts';
import { touchesBgp } from '../../../core/guard/touches-bgp.ts';
import type { AnyChange, AnyPlan } from '../../../core/plan/plan.ts';

const bgp = {
  apiVersion: 'projectcalico.org/v3',
  kind: 'BGPConfiguration',
  metadata: { name: 'default' },
  spec: { asNumber: 65_001 },
} as const;
const scope = { kind: 'cluster' } as const;
const update = (path: string): AnyChange => ({
  action: 'update',
  scope,
  before: bgp,
  resource: bgp,
  fields: [{ path, before: undefined, after: 1, reasons: [] }],
});
const planOf = (...changes: readonly AnyChange[]): AnyPlan => ({
  formatVersion: 1,
  steps: [{ title: '', why: '', gates: [], changes }],
  issues: [],
});

describe('a plan touches BGP', () => {
  it('when an object comes, goes or gets another spec, or a Node another setting', () => {
    const groupLabels: readonly string[] = [];
    const changes: readonly AnyChange[] = [
      { action: 'create', scope, resource: bgp, fields: [] },
      { action: 'delete', scope, kind: bgp.kind, name: 'default', before: bgp, why: '' },
      update('spec.asNumber'),
      {
        action: 'patch-node',
        node: 'a',
        before: { groupLabels },
        after: { groupLabels },
        fields: [],
      },
    ];
    for (const change of changes) expect(touchesBgp(planOf(change))).to.equal(true);
  });

  it('not when only our marks change, or LXD, or nothing', () => {
    const changes: readonly AnyChange[] = [
      update('metadata.labels.x'),
      { action: 'release', scope, before: bgp },
      { action: 'mount-bpffs', path: '/sys/fs/bpf' },
    ];
    for (const change of changes) expect(touchesBgp(planOf(change))).to.equal(false);
    expect(touchesBgp(planOf())).to.equal(false);
  });
});

describe('the time of a guard', () => {
  const waiting = (...seconds: readonly number[]): AnyPlan => ({
    ...planOf(),
    steps: seconds.map((withinSeconds) => ({
      title: '',
      why: '',
      gates: [{ kind: 'fleet-guarding', withinSeconds }],
      changes: [],
    })),
  });
  it('is the longest wait of the plan and a reserve, and never more than ten minutes', () => {
    expect(guardSeconds(planOf())).to.equal(180);
    expect(guardSeconds(waiting(120, 60))).to.equal(360);
    expect(guardSeconds(waiting(3600))).to.equal(600);
  });
});

describe('a guard ends', () => {
  const begun = { nowMs: 0, left: 100, isSettled: true, carrying: 0, hasOddRoutes: false };
  const watchOf = (observed: Partial<typeof begun>, before: GuardWatch = {}): GuardWatch => {
    const decision = decideEnd(before, { ...begun, ...observed });
    if (decision.decision === 'end') throw new Error(`it ends: ${decision.why}`);
    return decision.watch;
  };
  const endOf = (observed: Partial<typeof begun>, before: GuardWatch): unknown =>
    decideEnd(before, { ...begun, ...observed });

  it('when it carried nothing for a while after the change, without a break', () => {
    const first = watchOf({});
    expect(endOf({ nowMs: 15_000 }, first)).to.deep.equal({ decision: 'end', why: 'unneeded' });
    const broken = watchOf({ nowMs: 10_000, carrying: 1 }, first);
    const again = watchOf({ nowMs: 12_000 }, broken);
    const later = watchOf({ nowMs: 26_000 }, again);
    expect(endOf({ nowMs: 27_000 }, later)).to.deep.equal({ decision: 'end', why: 'unneeded' });
  });

  it('later when routes still have previous AS numbers', () => {
    const first = watchOf({ hasOddRoutes: true });
    const later = watchOf({ nowMs: 20_000, hasOddRoutes: true }, first);
    const good = watchOf({ nowMs: 22_000 }, later);
    expect(endOf({ nowMs: 37_000 }, good)).to.deep.equal({ decision: 'end', why: 'unneeded' });
    expect(endOf({ nowMs: 60_000, hasOddRoutes: true }, later)).to.deep.equal({
      decision: 'end',
      why: 'late',
    });
  });

  it('later when routes do not come back, but not while the change runs', () => {
    const first = watchOf({ carrying: 3 });
    expect(endOf({ nowMs: 60_000, carrying: 3 }, first)).to.deep.equal({
      decision: 'end',
      why: 'late',
    });
    expect(watchOf({ nowMs: 60_000, isSettled: false }, first)).to.deep.equal({});
  });

  it('at its deadline in any case', () => {
    expect(endOf({ left: 0, isSettled: false }, {})).to.deep.equal({
      decision: 'end',
      why: 'deadline',
    });
  });
});

describe('destinations that belong to no node', () => {
  const pool = {
    apiVersion: 'projectcalico.org/v3',
    kind: 'IPPool',
    metadata: { name: 'a' },
    spec: { cidr: '192.168.0.0/16', ipipMode: 'Never', vxlanMode: 'Never', natOutgoing: false },
  } as const;
  const cluster = {
    resources: [{ resource: pool }],
    blocks: [
      { cidr: '192.168.1.0/26', node: 'here', addresses: 1 },
      { cidr: '192.168.2.0/26', node: 'gone', addresses: 1 },
      { cidr: '192.168.3.0/26', addresses: 1 },
    ],
    nodes: [{ name: 'here', settings: { groupLabels: [] }, addresses: [], labels: {} }],
  };
  it('are blocks unknown to IPAM, and those of nodes that left', () => {
    const blocks = ['192.168.1.0/26', '192.168.2.0/26', '192.168.3.0/26', '192.168.4.0/26'];
    expect(departedDestinations(cluster, blocks)).to.deep.equal([
      '192.168.2.0/26',
      '192.168.4.0/26',
    ]);
  });
  it('are not judged when they are no block of a pool', () => {
    const others = ['10.0.0.0/8', '192.168.4.0/24', '192.168.4.1/32', 'fd00::/122'];
    expect(departedDestinations(cluster, others)).to.deep.equal([]);
  });
});
