import { expect } from 'chai';
import fc from 'fast-check';
import type { BGPPeer, CalicoResource } from '../../../../core/calico/resource.ts';
import { byText } from '../../../../core/by-text.ts';
import { parseSelector } from '../../../../core/config/net/selector.ts';
import { adoptionSteps, findAdoptable } from '../../../../core/plan/adopt/find-adoptable.ts';
import { applyChanges } from '../../../../core/plan/apply-changes.ts';
import { planChanges } from '../../../../core/plan/plan-changes.ts';
import type { Observed, ObservedResource } from '../../../../core/observe/observed.ts';
import { releaseSteps } from '../../../../core/plan/adopt/release-steps.ts';
import { neighbourOf } from '../../../../core/calico/neighbour.ts';
import type { Desired } from '../../../../core/render/desired.ts';
import { released } from '../../../../core/render/ownership.ts';
import type { SurveyedCluster } from '../../../../core/survey/surveyed-cluster.ts';
import { fleet, type Fleet } from '../../../support/samples/arbitraries.ts';
import { changesOf, nothing, peering, revision, settled, whole } from '../random-plans.ts';

interface Cluster {
  readonly desired: Desired;
  readonly survey: SurveyedCluster;
}

function surveyOf({ nodes }: Fleet, observed: Observed): SurveyedCluster {
  const settings = new Map(observed.nodes.map((node) => [node.name, node.settings]));
  return {
    ...observed,
    nodes: nodes.map(({ name, addresses, labels }) => {
      const own = settings.get(name) ?? { groupLabels: [] };
      const group = own.groupLabels.map((label) => [label, 'true'] as const);
      return {
        name,
        addresses,
        settings: own,
        labels: { ...labels, ...Object.fromEntries(group) },
      };
    }),
    documents: observed.resources.map(({ resource }) => resource),
    blocks: [],
  };
}

const targets = fc.constantFrom<Pick<BGPPeer['spec'], 'node' | 'nodeSelector'>>(
  { node: 'node-0' },
  { node: 'Node-2' },
  { nodeSelector: "rack == 'a'" },
  { nodeSelector: "rack == 'b'" },
  {},
);

/**
 * In force, except for some of our objects that are gone, renamed or not ours, and peers of others.
 */
const cluster: fc.Arbitrary<Cluster> = fc
  .record({
    random: fleet,
    strategy: peering,
    fates: fc.infiniteStream(
      fc.constantFrom('ours' as const, 'ours' as const, 'gone' as const, 'renamed' as const),
    ),
    beside: fc.array(fc.tuple(fc.nat(), targets), { maxLength: 4 }),
  })
  .map(({ random, strategy, fates, beside }) => {
    const desired = whole(random, strategy);
    const { resources, nodes } = settled(desired, nothing);
    const peers = resources.flatMap(({ resource }) =>
      resource.kind === 'BGPPeer' ? resource : [],
    );
    const foreign = beside.flatMap(([number, target], index) => {
      const like = peers[number % peers.length];
      return like === undefined ? [] : [{ resource: retargeted(like, `foreign-${index}`, target) }];
    });
    const left = resources.flatMap((one) => changedBy(fates.next().value, one));
    return { desired, survey: surveyOf(random, { resources: [...left, ...foreign], nodes }) };
  });

function changedBy(
  fate: 'ours' | 'gone' | 'renamed',
  one: ObservedResource,
): readonly ObservedResource[] {
  if (fate === 'ours' || one.resource.kind === 'BGPConfiguration') return [one];
  if (fate === 'gone' && one.resource.kind === 'BGPPeer') return [];
  return [{ resource: renamed(one.resource) }];
}

function renamed(resource: CalicoResource): CalicoResource {
  const { metadata } = resource;
  return { ...released(resource), metadata: { name: `hand-made-${metadata.name}` } };
}

function retargeted(
  { spec, ...peer }: BGPPeer,
  name: string,
  target: Pick<BGPPeer['spec'], 'node' | 'nodeSelector'>,
): BGPPeer {
  const { peerIP, asNumber } = spec;
  return { ...peer, metadata: { name }, spec: { ...target, peerIP, asNumber } };
}

/** Node, neighbour and AS number, of all peers. */
function sessionsOf(observed: Observed, survey: SurveyedCluster): ReadonlySet<string> {
  return new Set(
    peerings(observed, survey).map(({ node, peer }) =>
      [node, neighbourOf(peer), peer.spec.asNumber].join(' '),
    ),
  );
}

/** In the way of BIRD's names: a peer of every node goes before one of the node. */
function protocolsOf(observed: Observed, survey: SurveyedCluster): ReadonlyMap<string, string> {
  const protocols = new Map<string, string>();
  for (const { node, peer } of peerings(observed, survey)) {
    const session = `${node} ${neighbourOf(peer)}`;
    const isGlobal = peer.spec.node === undefined && peer.spec.nodeSelector === undefined;
    if (isGlobal || !protocols.has(session)) protocols.set(session, isGlobal ? 'Global' : 'Node');
  }
  return new Map([...protocols].toSorted(([one], [other]) => byText(one, other)));
}

function peerings(
  { resources }: Observed,
  survey: SurveyedCluster,
): readonly { readonly node: string; readonly peer: BGPPeer }[] {
  return resources.flatMap(({ resource: peer }) => {
    if (peer.kind !== 'BGPPeer') return [];
    const { spec } = peer;
    return survey.nodes
      .filter(({ name, labels }) =>
        spec.node === undefined ? matches(spec.nodeSelector, labels) : spec.node === name,
      )
      .map(({ name }) => ({ node: name, peer }));
  });
}

function matches(text = '', labels: Readonly<Record<string, string>>): boolean {
  const parsed = parseSelector(text);
  return parsed.ok && parsed.selector.matches(labels);
}

function adopt({ desired, survey }: Cluster): Observed {
  const steps = adoptionSteps(findAdoptable(desired, survey), desired.covers);
  return applyChanges(survey, changesOf({ formatVersion: 1, steps, issues: [] }), revision);
}

describe('adopting', () => {
  it('ends no session, neither by itself nor by any change of the plan that follows', () => {
    let replaced = 0;
    fc.assert(
      fc.property(cluster, ({ desired, survey }) => {
        const before = [...sessionsOf(survey, survey)];
        let state = adopt({ desired, survey });
        replaced += findAdoptable(desired, survey).filter(({ fate }) => fate === 'replaced').length;
        expect(sessionsOf(state, survey)).to.deep.equal(new Set(before));
        for (const change of changesOf(planChanges(desired, state))) {
          const protocols = protocolsOf(state, survey);
          state = applyChanges(state, [change], revision);
          expect([...sessionsOf(state, survey)]).to.include.members(before);
          if (change.action === 'delete') {
            expect(protocolsOf(state, survey)).to.deep.equal(protocols);
          }
        }
      }),
      { numRuns: 80 },
    );
    expect(replaced).to.be.greaterThan(8);
  });

  it('leaves nothing to adopt, and nothing to do once the replaced objects are gone', () => {
    fc.assert(
      fc.property(cluster, ({ desired, survey }) => {
        const state = adopt({ desired, survey });
        const after = settled(desired, state);
        expect(planChanges(desired, after).steps).to.deep.equal([]);
        const again = { ...survey, resources: after.resources };
        expect(findAdoptable(desired, again)).to.deep.equal([]);
      }),
      { numRuns: 40 },
    );
  });

  it('leaves nothing to do about adopted objects that stay', () => {
    fc.assert(
      fc.property(cluster, ({ desired, survey }) => {
        const staying = findAdoptable(desired, survey).filter(({ fate }) => fate === 'stays');
        const names = new Set(staying.flatMap(({ name, standsFor }) => [name, standsFor]));
        const changes = changesOf(planChanges(desired, adopt({ desired, survey })));
        const changed = changes.flatMap((change) => {
          if (change.action === 'patch-node') return [];
          const { metadata } = change.action === 'create' ? change.resource : change.before;
          return [metadata.name];
        });
        expect(changed.filter((name) => names.has(name))).to.deep.equal([]);
      }),
      { numRuns: 40 },
    );
  });

  it('does not depend on the order of the objects', () => {
    fc.assert(
      fc.property(cluster, ({ desired, survey }) => {
        const turned = {
          ...survey,
          resources: survey.resources.toReversed(),
          documents: survey.documents.toReversed(),
          nodes: survey.nodes.toReversed(),
        };
        const other = { ...desired, resources: desired.resources.toReversed() };
        expect(findAdoptable(other, turned)).to.deep.equal(findAdoptable(desired, survey));
      }),
      { numRuns: 40 },
    );
  });
});

describe('releasing', () => {
  const giveBack = ({ desired, survey }: Cluster): Observed => {
    const steps = releaseSteps(survey, desired.covers);
    return applyChanges(survey, changesOf({ formatVersion: 1, steps, issues: [] }), revision);
  };

  it('leaves all objects as they are, and none that is ours', () => {
    fc.assert(
      fc.property(cluster, (one) => {
        const { resources } = giveBack(one);
        expect(resources.filter(({ owner }) => owner !== undefined)).to.deep.equal([]);
        const content = ({ resource }: ObservedResource): unknown => released(resource);
        expect(resources.map(content)).to.deep.equal(one.survey.resources.map(content));
      }),
      { numRuns: 40 },
    );
  });

  it('can be undone: after adopting, only marks are left to write', () => {
    fc.assert(
      fc.property(cluster, ({ desired, survey }) => {
        const inForce = settled(desired, adopt({ desired, survey }));
        const free = giveBack({ desired, survey: { ...survey, resources: inForce.resources } });
        const documents = free.resources.map(({ resource }) => resource);
        const state = adopt({
          desired,
          survey: { ...survey, ...free, nodes: survey.nodes, documents },
        });
        for (const change of changesOf(planChanges(desired, state))) {
          expect(change.action).to.equal('update');
          if (change.action !== 'update') continue;
          for (const { path } of change.fields) expect(path).to.match(/^metadata\./);
        }
        expect(planChanges(desired, settled(desired, state)).steps).to.deep.equal([]);
      }),
      { numRuns: 40 },
    );
  });

  it('affects only objects within the given scopes', () => {
    fc.assert(
      fc.property(cluster, ({ desired, survey }) => {
        const scope = desired.covers.find(({ kind }) => kind === 'node');
        if (scope === undefined) return;
        const changes = releaseSteps(survey, [scope]).flatMap((step) => step.changes);
        for (const change of changes) {
          expect(change.action === 'release' && change.scope).to.deep.equal(scope);
        }
      }),
      { numRuns: 40 },
    );
  });
});
