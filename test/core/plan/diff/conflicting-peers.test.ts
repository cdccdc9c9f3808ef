import { expect } from 'chai';
import type { BGPPeer } from '../../../../core/calico/resource.ts';
import { planChanges } from '../../../../core/plan/plan-changes.ts';
import type { Change } from '../../../../core/plan/plan.ts';
import type { Observed, ObservedResource } from '../../../../core/observe/observed.ts';
import type { Desired } from '../../../../core/render/desired.ts';

const cluster = { kind: 'cluster' } as const;
const place = { pointer: '/bgp/peers/0/address', line: 3 };

function peer(name: string, spec: Partial<BGPPeer['spec']> = {}): BGPPeer {
  const apiVersion = 'projectcalico.org/v3';
  const rest = { peerIP: '10.0.0.1', asNumber: 65001, ...spec };
  return { apiVersion, kind: 'BGPPeer', metadata: { name }, spec: rest };
}

function ours(resource: BGPPeer): ObservedResource {
  return { resource, owner: { scope: cluster, lineage: 'local:test', number: 1 } };
}

function desired(...peers: readonly BGPPeer[]): Desired {
  const reasons = { 'spec.peerIP': [{ rule: 'global', place }] };
  return {
    covers: [cluster],
    resources: peers.map((resource) => ({ scope: cluster, resource, reasons })),
    nodes: [],
    unknownPools: 'not-managed',
  };
}

function observed(...resources: readonly ObservedResource[]): Observed {
  return { resources, nodes: [] };
}

function brief(change: Change): string {
  if (change.action === 'patch-node') return `patch ${change.node}`;
  const { metadata } = 'resource' in change ? change.resource : change.before;
  return `${change.action} ${metadata.name}`;
}

describe('an old peer for the neighbour of a new one', () => {
  const later = (name: string): readonly string[] => [`create ${name}`, '|', 'delete old'];
  const first = (name: string): readonly string[] => ['delete old', `create ${name}`];
  const group = { nodeSelector: 'has(group)' };
  const rules: readonly [string, Partial<BGPPeer['spec']>, BGPPeer, typeof first][] = [
    ['goes first with another AS number', group, peer('new', { asNumber: 65002 }), first],
    ['stays until the new one is there with the same AS number', group, peer('new'), later],
    [
      'stays until then where it is of another port',
      { peerIP: '10.0.0.1:1179' },
      peer('new', { asNumber: 65002 }),
      later,
    ],
    [
      'goes first where only its spelling differs',
      { peerIP: '[FD00:0::1]:179' },
      peer('new', { peerIP: 'fd00::1', asNumber: 65002 }),
      first,
    ],
    [
      'stays until then where it is of another node',
      { node: 'node-1' },
      peer('new', { node: 'node-0', asNumber: 65002 }),
      later,
    ],
    [
      'goes first where it is of the same node',
      { node: 'node-0' },
      peer('new', { ...group, asNumber: 65002 }),
      first,
    ],
  ];
  for (const [what, spec, wanted, order] of rules) {
    it(what, () => {
      const plan = planChanges(desired(wanted), observed(ours(peer('old', spec))));
      const steps = plan.steps.map(({ changes }) => changes.map(brief));
      expect(steps.flatMap((step, index) => (index === 0 ? step : ['|', ...step]))).to.deep.equal(
        order('new'),
      );
    });
  }

  it('is deleted right before that one, with the reason', () => {
    const state = observed(ours(peer('a-old', group)), ours(peer('z', { peerIP: '10.0.0.9' })));
    const wanted = desired(
      peer('a-other', { peerIP: '10.0.0.7' }),
      peer('new', { asNumber: 65002 }),
    );
    const plan = planChanges(wanted, state);
    expect(plan.steps.map(({ changes }) => changes.map(brief))).to.deep.equal([
      ['create a-other', 'delete a-old', 'create new'],
      ['delete z'],
    ]);
    const [, deletion] = plan.steps[0]?.changes ?? [];
    expect(deletion)
      .to.have.property('why')
      .that.matches(/"new" has AS 65002 .* is deleted before/);
  });
});

describe('a BGPPeer that is not ours', () => {
  const rules: readonly [string, BGPPeer, BGPPeer, boolean][] = [
    ['for the same neighbour of every node', peer('ours'), peer('hand-made'), true],
    [
      'for the same neighbour of nodes that a selector picks',
      peer('ours', { node: 'node-0' }),
      peer('hand-made', { nodeSelector: 'rack == "1"', asNumber: 65009 }),
      true,
    ],
    [
      'for the same neighbour of the same node, spelled another way',
      peer('ours', { node: 'node-0', peerIP: 'fd00::1' }),
      peer('hand-made', { node: 'node-0', peerIP: '[FD00::0:1]:179' }),
      true,
    ],
    [
      'for the same neighbour of another node',
      peer('ours', { node: 'node-0' }),
      peer('hand-made', { node: 'node-1' }),
      false,
    ],
    ['for another neighbour', peer('ours'), peer('hand-made', { peerIP: '10.0.0.2' }), false],
    ['that is adopted', peer('ours'), peer('ours'), false],
  ];
  for (const [what, wanted, found, isSeen] of rules) {
    it(`is ${isSeen ? 'warned of' : 'ignored'}: ${what}`, () => {
      const { issues } = planChanges(desired(wanted), observed({ resource: found }));
      expect(issues.map(({ severity, code }) => `${severity} ${code}`)).to.deep.equal(
        isSeen ? ['warning peer-also-foreign'] : [],
      );
    });
  }

  it('is named in one warning, at the place of ours, with what to do', () => {
    const wanted = desired(peer('a', { nodeSelector: 'has(a)' }), peer('b'));
    const { issues, steps } = planChanges(wanted, observed({ resource: peer('hand-made') }));
    expect(issues).to.have.length(1);
    expect(issues[0]).to.include(place);
    expect(issues[0]?.message).to.contain('"hand-made"').and.to.contain('"a"');
    expect(issues[0]?.hint).to.match(/delete .*"hand-made"/);
    expect(steps.flatMap(({ changes }) => changes.map(brief))).to.deep.equal([
      'create a',
      'create b',
    ]);
  });

  it('shares one warning with all others like it, of which some are named', () => {
    const names = Array.from({ length: 5000 }, (_, index) => `charm-${index}`);
    const found = names.map((name, index) => ({
      resource: peer(name, { node: `node-${index}`, asNumber: 65001 + (index % 2) }),
    }));
    const { issues } = planChanges(desired(peer('ours')), observed(...found));
    expect(issues).to.have.length(1);
    expect(issues[0]?.message).to.match(
      /^5000 BGPPeers "charm-0", .* and 4990 more, not ours, are for 10.0.0.1 \(AS 65001, 65002\)/,
    );
    expect(issues[0]?.message).to.have.length.below(500);
  });

  it('is not warned of when it is ours', () => {
    const state = observed(ours(peer('old')));
    expect(planChanges(desired(peer('new')), state).issues).to.deep.equal([]);
  });
});
