/** What a node changes while the cluster-wide resources are left to a later revision. */
import { expect } from 'chai';
import fc from 'fast-check';
import { neighbourOf } from '../../../../core/calico/neighbour.ts';
import type { BGPPeer } from '../../../../core/calico/resource.ts';
import { peerKey } from '../../../../core/config/peer/neighbour.ts';
import type { NetworkModel } from '../../../../core/config/model.ts';
import { planDesired } from '../../../../core/deciding/plan-all-targets.ts';
import { hasErrors } from '../../../../core/issue.ts';
import type { Observed } from '../../../../core/observe/observed.ts';
import { applyChanges } from '../../../../core/plan/apply-changes.ts';
import { describePlan } from '../../../../core/plan/describe.ts';
import { planChanges } from '../../../../core/plan/plan-changes.ts';
import type { AnyChange, AnyPlan } from '../../../../core/plan/plan.ts';
import type { Desired } from '../../../../core/render/desired.ts';
import { renderNodePeers } from '../../../../core/render/render-peers.ts';
import { render } from '../../../../core/render/render.ts';
import type { Resolution } from '../../../../core/resolve/resolution.ts';
import { fleet, type Fleet } from '../../../support/samples/arbitraries.ts';
import { native, nodesOf, resolveAll } from '../../../support/samples/models.ts';
import { nothing, peering, revision, settled, whole } from '../random-plans.ts';

type Peering = 'selectors' | 'per-node';

function held(model: NetworkModel, resolution: Resolution, strategy: Peering): Desired {
  const desired = render(model, [resolution], { peering: strategy, cluster: true });
  return { ...desired, later: { peers: renderNodePeers(resolution) } };
}

/** As an agent observes it: of all Nodes its own alone. */
function seenBy(node: string, { resources, nodes }: Observed): Observed {
  const own = nodes.filter(({ name }) => name === node);
  const none = { name: node, settings: { groupLabels: [] } };
  return { resources, nodes: own.length === 0 ? [none] : own };
}

function planHeld(desired: Desired, node: string, state: Observed): AnyPlan {
  return planDesired({ desired, observed: seenBy(node, state), previousProjects: [] });
}

function changesOf({ steps }: AnyPlan): readonly AnyChange[] {
  return steps.flatMap(({ changes }) => changes);
}

/** The node's sessions by the BGPPeers: neighbour and AS number. */
function sessionsOf(node: string, { resources, nodes }: Observed): ReadonlySet<string> {
  const labels = nodes.find(({ name }) => name === node)?.settings.groupLabels ?? [];
  const isFor = ({ spec }: BGPPeer): boolean => {
    if (spec.node !== undefined) return spec.node === node;
    const [, label] = /^has\((.+)\)$/.exec(spec.nodeSelector ?? '') ?? [];
    return label === undefined || labels.includes(label);
  };
  const sessions = resources.flatMap(({ resource }) =>
    resource.kind === 'BGPPeer' && isFor(resource)
      ? `${neighbourOf(resource)} ${String(resource.spec.asNumber)}`
      : [],
  );
  return new Set(sessions);
}

interface Wave {
  readonly strategy: Peering;
  readonly before: Observed;
  readonly after: Fleet;
  readonly base: Desired;
  readonly resolution: Resolution;
  readonly plan: AnyPlan;
  readonly state: Observed;
}

/** Another configuration for one node of a fleet that has the first one. */
const wave: fc.Arbitrary<Wave> = fc
  .tuple(fleet, fleet, peering, peering, fc.nat(4))
  .map(([first, second, one, other, index]) => {
    const base = whole(first, one);
    const before = settled(base, nothing);
    const after = { ...second, resolutions: resolveAll(second.model, first.nodes) };
    const resolution = after.resolutions[index];
    if (resolution === undefined) throw new Error('no node');
    const { node } = resolution;
    const plan = planHeld(held(second.model, resolution, other), node, before);
    const state = applyChanges(before, changesOf(plan), revision);
    return { strategy: other, before, after, base, resolution, plan, state };
  })
  .filter(({ plan, after }) => {
    const faults = after.resolutions.flatMap(({ issues }) => issues);
    return !hasErrors([...plan.issues, ...faults]);
  });

describe("a node's own share of a configuration", () => {
  it('is written to its Node and to BGPPeers for it alone', () => {
    fc.assert(
      fc.property(wave, ({ plan, resolution: { node } }) => {
        for (const change of changesOf(plan)) {
          if (change.action === 'patch-node') expect(change.node).to.equal(node);
          else expect(change).to.have.deep.property('scope', { kind: 'node', node });
          if (change.action === 'create' || change.action === 'update') {
            expect(change.resource.spec).to.include({ node });
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('changes no session of another node, and gives their agents nothing to do', () => {
    fc.assert(
      fc.property(wave, ({ before, state, base, resolution: { node } }) => {
        for (const { name } of base.nodes) {
          if (name === node) continue;
          expect(sessionsOf(name, state)).to.deep.equal(sessionsOf(name, before));
        }
        const ofOthers = {
          ...base,
          covers: base.covers.filter((one) => one.kind === 'cluster' || one.node !== node),
          nodes: base.nodes.filter(({ name }) => name !== node),
          resources: base.resources.filter(
            ({ scope }) => scope.kind === 'cluster' || scope.node !== node,
          ),
        };
        expect(planChanges(ofOthers, state).steps).to.deep.equal([]);
      }),
      { numRuns: 60 },
    );
  });

  it('has all of its sessions but those that a BGPPeer of other nodes gives in another way', () => {
    fc.assert(
      fc.property(wave, ({ plan, state, resolution }) => {
        const sessions = sessionsOf(resolution.node, state);
        for (const peer of resolution.peers) {
          const isHeld = plan.heldPeers?.includes(peerKey(peer)) === true;
          const isThere = sessions.has(`${peerKey(peer)} ${String(peer.asNumber)}`);
          expect(isHeld || isThere, peerKey(peer)).to.equal(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('keeps the AS number of a reflector as long as the others expect it', () => {
    const nodes = nodesOf([
      { name: 'node-0', addresses: ['10.0.0.2/24'] },
      { name: 'node-1', addresses: ['10.0.0.3/24'] },
    ]);
    const plan = (asNumber: number): object => ({
      bgp: { asNumber, nodeToNodeMesh: false, peers: [{ address: '10.0.0.2', asNumber }] },
      groups: [
        { name: 'all', match: { nodes: ['node-0', 'node-1'] }, asNumber },
        { name: 'reflector', match: { nodes: ['node-0'] }, routeReflectorClusterId: '1.0.0.1' },
      ],
    });
    const first = native(plan(64512));
    const before = settled(
      render(first, resolveAll(first, nodes), { cluster: true, peering: 'selectors' }),
      nothing,
    );
    const model = native(plan(64600));
    for (const resolution of resolveAll(model, nodes)) {
      const { node } = resolution;
      const own = planHeld(held(model, resolution, 'selectors'), node, before);
      expect(changesOf(own), node).to.deep.equal([]);
      expect(own.withheld?.length, node).to.be.above(0);
    }
  });

  describe('where the AS number of the cluster changes, and the mesh is off', () => {
    const nodes = nodesOf([
      { name: 'node-0', addresses: ['10.0.0.2/24', 'fd00::2/64'] },
      { name: 'node-1', addresses: ['10.0.0.3/24', 'fd00::3/64'] },
      { name: 'node-2', addresses: ['10.0.0.4/24', 'fd00::4/64'] },
    ]);
    const sections = (asNumber: number, reflector: string, strategy: Peering): object => ({
      bgp: {
        ...{ asNumber, nodeToNodeMesh: false, peering: strategy },
        peers: [
          { address: `10.0.0.${reflector}`, asNumber },
          { address: `fd00::${reflector}`, asNumber },
        ],
      },
    });
    const plansTo = (strategy: Peering, reflector: string): readonly AnyPlan[] => {
      const first = native(sections(64512, '2', strategy));
      const rendered = render(first, resolveAll(first, nodes), {
        cluster: true,
        peering: strategy,
      });
      const before = settled(rendered, nothing);
      const model = native(sections(4_200_000_000, reflector, strategy));
      return resolveAll(model, nodes).map((resolution) =>
        planHeld(held(model, resolution, strategy), resolution.node, before),
      );
    };

    for (const strategy of ['selectors', 'per-node'] as const) {
      it(`keeps the sessions that its neighbours have with the old number (${strategy})`, () => {
        for (const plan of plansTo(strategy, '2')) expect(changesOf(plan)).to.deep.equal([]);
        const [, client] = plansTo(strategy, '2');
        expect(client?.heldPeers).to.deep.equal(['10.0.0.2 179', 'fd00::2 179']);
      });

      it(`makes none to a new reflector, which would not come up (${strategy})`, () => {
        for (const plan of plansTo(strategy, '4')) expect(changesOf(plan)).to.deep.equal([]);
        const [, client] = plansTo(strategy, '4');
        expect(client?.heldPeers).to.deep.equal(['10.0.0.4 179', 'fd00::4 179']);
      });
    }
  });

  it('leaves nothing to do once it is applied', () => {
    fc.assert(
      fc.property(wave, ({ strategy, after, state, resolution }) => {
        const again = planHeld(held(after.model, resolution, strategy), resolution.node, state);
        expect(again.steps).to.deep.equal([]);
      }),
      { numRuns: 60 },
    );
  });

  it('ends with the revision for all nodes where that would have ended without it', () => {
    fc.assert(
      fc.property(wave, ({ strategy, before, after, state }) => {
        const wanted = whole(after, strategy);
        const [ended, at] = [settled(wanted, state), settled(wanted, before)];
        expect(byName(ended)).to.deep.equal(byName(at));
      }),
      { numRuns: 60 },
    );
  });

  it('goes back to what was there before', () => {
    fc.assert(
      fc.property(wave, ({ before, base, state }) => {
        const back = settled(base, state);
        expect(specsOf(back)).to.deep.equal(specsOf(before));
        // An AS number that the first configuration says nothing of stays, as with each rollback.
        for (const { name } of base.nodes) {
          expect(labelsOf(name, back)).to.deep.equal(labelsOf(name, before));
        }
      }),
      { numRuns: 60 },
    );
  });

  describe('of a rack with new routers', () => {
    const nodes = nodesOf([
      { name: 'node-0', addresses: ['10.0.0.2/24', 'fd00::2/64'] },
      { name: 'node-1', addresses: ['10.0.0.3/24', 'fd00::3/64'] },
    ]);
    const old = { address: '10.0.9.1', asNumber: 4_200_000_000 };
    const rack = (peers: readonly object[], more: object = {}): object => ({
      bgp: { asNumber: 64512, nodeToNodeMesh: true },
      groups: [{ name: 'rack', match: { nodes: ['node-0', 'node-1'] }, peers, ...more }],
    });
    const planOf = (sections: object): { readonly plan: AnyPlan; readonly before: Observed } => {
      const first = native(rack([old]));
      const before = settled(
        render(first, resolveAll(first, nodes), { cluster: true, peering: 'selectors' }),
        nothing,
      );
      const model = native(sections);
      const [resolution] = resolveAll(model, nodes);
      if (resolution === undefined) throw new Error('no node');
      return { plan: planHeld(held(model, resolution, 'selectors'), 'node-0', before), before };
    };

    it('gives one node the new session by a BGPPeer of its own, IPv6 as well', () => {
      const { plan, before } = planOf(rack([old, { address: 'fd00::9', asNumber: 64700 }]));
      expect(changesOf(plan).map(brief)).to.deep.equal(['create BGPPeer/node-0-v6-fd00--9']);
      const after = applyChanges(before, changesOf(plan), revision);
      expect([...sessionsOf('node-0', after)]).to.have.length(2);
      expect([...sessionsOf('node-1', after)]).to.have.length(1);
      expect(plan.withheld?.flatMap(({ changes }) => changes.map(brief))).to.have.length(1);
    });

    it('leaves a router whose AS number changes for all nodes, and with it the node’s own', () => {
      const changed = { ...old, asNumber: 64700 };
      const { plan } = planOf(rack([changed], { asNumber: 64900 }));
      expect(changesOf(plan)).to.deep.equal([]);
      expect(plan.heldPeers).to.deep.equal(['10.0.9.1 179']);
      expect(plan.withheld?.flatMap(({ changes }) => changes.map(brief)).sort()).to.deep.equal([
        'patch node-0',
        `update BGPPeer/${nameIn(plan)}`,
      ]);
    });

    it('keeps a node in the mesh until the mesh and the peers of all nodes change', () => {
      const { plan } = planOf({
        bgp: {
          asNumber: 64512,
          nodeToNodeMesh: false,
          peers: [{ address: '10.0.0.2', asNumber: 64512 }],
        },
        groups: [
          { name: 'reflector', match: { nodes: ['node-0'] }, routeReflectorClusterId: '1.0.0.1' },
        ],
      });
      expect(changesOf(plan)).to.deep.equal([]);
      const text = describePlan(plan);
      expect(text).to.contain('withheld until the controller sends a revision');
      expect(text).to.contain('nodeToNodeMeshEnabled: true → false');
      expect(text).to.contain('routeReflectorClusterID: none → 1.0.0.1');
      expect(text).to.match(/^nothing to do$/m);
    });

    it('makes nothing of a configuration that the cluster would refuse', () => {
      const pool = { name: 'pods', cidr: '10.244.0.0/16' };
      const first = native({ ...rack([old]), pools: [pool] });
      const model = native({ ...rack([old]), pools: [{ ...pool, cidr: '10.245.0.0/16' }] });
      const [resolution] = resolveAll(model, nodes);
      if (resolution === undefined) throw new Error('no node');
      const before = settled(render(first, [], { cluster: true }), nothing);
      const plan = planHeld(held(model, resolution, 'selectors'), 'node-0', before);
      expect(plan.steps).to.deep.equal([]);
      expect(hasErrors(plan.issues)).to.equal(true);
    });
  });
});

function brief(change: AnyChange): string {
  if (change.action === 'patch-node') return `patch ${change.node}`;
  if (change.action !== 'create' && change.action !== 'update') return change.action;
  return `${change.action} ${change.resource.kind}/${change.resource.metadata.name}`;
}

function nameIn({ withheld = [] }: AnyPlan): string {
  const [name] = withheld
    .flatMap(({ changes }) => changes)
    .flatMap((one) => (one.action === 'update' ? one.resource.metadata.name : []));
  return name ?? '';
}

function byName(state: Observed): unknown {
  const settings = state.nodes.map(({ name, settings: { groupLabels, ...rest } }) => [
    name,
    { ...rest, labels: groupLabels.toSorted() },
  ]);
  return { resources: specsOf(state), nodes: Object.fromEntries(settings) };
}

function specsOf({ resources }: Observed): unknown {
  return Object.fromEntries(
    resources.map(({ resource: { kind, metadata, spec } }) => [`${kind} ${metadata.name}`, spec]),
  );
}

function labelsOf(node: string, { nodes }: Observed): readonly string[] {
  return nodes.find(({ name }) => name === node)?.settings.groupLabels.toSorted() ?? [];
}
