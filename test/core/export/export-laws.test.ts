import { expect } from 'chai';
import fc from 'fast-check';
import { neighbourOf } from '../../../core/calico/neighbour.ts';
import { peerKey } from '../../../core/config/peer/neighbour.ts';
import { exportConfig } from '../../../core/export/export-config.ts';
import { adoptionSteps, findAdoptable } from '../../../core/plan/adopt/find-adoptable.ts';
import { applyChanges } from '../../../core/plan/apply-changes.ts';
import { parseSelector } from '../../../core/config/net/selector.ts';
import { planChanges } from '../../../core/plan/plan-changes.ts';
import type { Change } from '../../../core/plan/plan.ts';
import type { Observed } from '../../../core/observe/observed.ts';
import type { BGPPeer } from '../../../core/calico/resource.ts';
import type { Desired } from '../../../core/render/desired.ts';
import { render } from '../../../core/render/render.ts';
import type { Resolution } from '../../../core/resolve/resolution.ts';
import type { SurveyedCluster, SurveyedNode } from '../../../core/survey/surveyed-cluster.ts';
import { fleet } from '../../support/samples/arbitraries.ts';
import { resolveAll } from '../../support/samples/models.ts';
import { changesOf, nothing, peering, revision, settled, whole } from '../plan/random-plans.ts';
import { factsOf, handMade, modelOf, surveyOf } from './surveys.ts';

const calicoDefault = 64512;

interface Meaning {
  readonly asNumber: number;
  readonly clusterId: string | undefined;
  readonly peers: readonly string[];
}

/**
 * The sessions that the objects give a node, without those that the export leaves out by its
 * report.
 */
function meaningOf(
  cluster: SurveyedCluster,
  node: SurveyedNode,
  left: ReadonlySet<string>,
): Meaning {
  const { asNumber, routeReflectorClusterID } = node.settings;
  const own = new Set(node.addresses.map(({ address }) => address));
  const peers = cluster.resources.flatMap(({ resource }) =>
    resource.kind === 'BGPPeer' && !left.has(resource.metadata.name) && isFor(resource, node)
      ? [resource]
      : [],
  );
  const texts = peers
    .filter((peer) => !own.has(neighbourOf(peer).split(' ')[0] ?? ''))
    .map((peer) => `${neighbourOf(peer)} AS ${peer.spec.asNumber}`);
  return {
    asNumber: asNumber ?? globalNumber(cluster) ?? calicoDefault,
    clusterId: routeReflectorClusterID ?? undefined,
    peers: [...new Set(texts)].sort(),
  };
}

function globalNumber({ resources }: SurveyedCluster): number | undefined {
  const [spec] = resources.flatMap(({ resource }) =>
    resource.kind === 'BGPConfiguration' ? [resource.spec] : [],
  );
  return spec?.asNumber;
}

function isFor({ spec }: BGPPeer, { name, labels, settings }: SurveyedNode): boolean {
  if (spec.node !== undefined) return spec.node === name;
  const parsed = parseSelector(spec.nodeSelector ?? '');
  const groups = settings.groupLabels.map((label) => [label, 'true'] as const);
  return parsed.ok && parsed.selector.matches({ ...labels, ...Object.fromEntries(groups) });
}

function leftOut(issues: readonly { readonly message: string }[]): ReadonlySet<string> {
  return new Set(issues.flatMap(({ message }) => /^BGPPeer "([^"]+)"/.exec(message)?.[1] ?? []));
}

describe('the export of any cluster', () => {
  it('parses, and means to every node what the exported objects mean', () => {
    let said = 0;
    fc.assert(
      fc.property(handMade, (cluster) => {
        const exported = exportConfig(cluster);
        const left = leftOut(exported.issues);
        const resolutions = resolveAll(modelOf(exported), factsOf(cluster));
        for (const { node, asNumber, routeReflectorClusterId, peers, issues } of resolutions) {
          const surveyed = cluster.nodes.find(({ name }) => name === node);
          if (surveyed === undefined) throw new Error(`${node} is not surveyed`);
          expect(issues.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
          said += peers.length;
          expect({
            asNumber: asNumber?.value ?? calicoDefault,
            clusterId: routeReflectorClusterId?.value,
            peers: peers.map((peer) => `${peerKey(peer)} AS ${peer.asNumber}`).sort(),
          }).to.deep.equal(meaningOf(cluster, surveyed, left));
        }
      }),
      { numRuns: 100 },
    );
    expect(said).to.be.greaterThan(200);
  });

  it('leaves out only peers that contradict others, or that no node has', () => {
    fc.assert(
      fc.property(handMade, (cluster) => {
        for (const name of leftOut(exportConfig(cluster).issues)) {
          const peer = cluster.resources.flatMap(({ resource }) =>
            resource.kind === 'BGPPeer' && resource.metadata.name === name ? [resource] : [],
          )[0];
          if (peer === undefined) throw new Error(`no BGPPeer is called ${name}`);
          const rival = cluster.resources.some(
            ({ resource }) =>
              resource.kind === 'BGPPeer' &&
              neighbourOf(resource) === neighbourOf(peer) &&
              resource.spec.asNumber !== peer.spec.asNumber,
          );
          expect(rival || !cluster.nodes.some((node) => isFor(peer, node))).to.equal(true);
        }
      }),
    );
  });

  it('does not depend on the order of the objects', () => {
    fc.assert(
      fc.property(handMade, (cluster) => {
        const turned = {
          ...cluster,
          resources: cluster.resources.toReversed(),
          nodes: cluster.nodes.toReversed(),
          documents: cluster.documents.toReversed(),
        };
        expect(exportConfig(turned).text).to.equal(exportConfig(cluster).text);
      }),
    );
  });

  const orders = {
    'adopted first': ['adopt', 'apply'],
    'applied first': ['apply', 'adopt', 'apply'],
  };
  for (const [order, phases] of Object.entries(orders)) {
    it(`can be applied to the end, with every session that existed always in place: ${order}`, () => {
      let adopted = 0;
      fc.assert(
        fc.property(handMade, (cluster) => {
          const exported = exportConfig(cluster);
          const model = modelOf(exported);
          const desired = render(model, resolveAll(model, factsOf(cluster)), { cluster: true });
          const before = sessionsOf(cluster, withoutLosers(cluster, leftOut(exported.issues)));
          let state: Observed = cluster;
          for (const phase of phases) {
            const changes =
              phase === 'adopt' ? adopting(desired, cluster, state) : applying(desired, state);
            if (phase === 'adopt') adopted += changes.length;
            for (const change of changes) {
              state = applyChanges(state, [change], revision);
              expect(sessionsOf(cluster, state)).to.include.members(before);
            }
          }
          expect(planChanges(desired, state).steps).to.deep.equal([]);
        }),
        { numRuns: 100 },
      );
      expect(adopted).to.be.greaterThan(20);
    });
  }
});

function adopting(desired: Desired, cluster: SurveyedCluster, state: Observed): readonly Change[] {
  const adoptable = findAdoptable(desired, surveyOf(factsOf(cluster), state));
  return adoptionSteps(adoptable, desired.covers).flatMap(({ changes }) => changes);
}

function applying(desired: Desired, state: Observed): readonly Change[] {
  const plan = planChanges(desired, state);
  expect(plan.issues.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
  return changesOf(plan);
}

/** Without those that chose nodes by our labels, and that the export reports as lost. */
function withoutLosers(state: Observed, left: ReadonlySet<string>): Observed {
  const resources = state.resources.filter(({ resource }) => {
    const isLeft = resource.kind === 'BGPPeer' && left.has(resource.metadata.name);
    return !isLeft || resource.spec.nodeSelector?.includes('calico-agent/') !== true;
  });
  return { ...state, resources };
}

/** Node, neighbour and AS number of all peers, in a state in which nodes may have other labels. */
function sessionsOf(cluster: SurveyedCluster, state: Observed): readonly string[] {
  const now = surveyOf(factsOf(cluster), state);
  const sessions = now.resources.flatMap(({ resource }) => {
    if (resource.kind !== 'BGPPeer') return [];
    const own = now.nodes.filter((node) => isFor(resource, node));
    return own
      .filter(({ addresses }) => {
        return !addresses.some(({ address }) => neighbourOf(resource).startsWith(`${address} `));
      })
      .map(({ name }) => `${name} ${neighbourOf(resource)} ${resource.spec.asNumber}`);
  });
  return [...new Set(sessions)].sort();
}

/**
 * Two rules may give a node its own address with two AS numbers: harmless by subnets or labels, and
 * refused where the export names the node.
 */
function isOwnPeerTwice({ issues }: Resolution): boolean {
  return issues.filter(({ code }) => code === 'peer-is-self').length > 1;
}

describe('the export of what we wrote', () => {
  it('leaves nothing to do when it is applied again', () => {
    fc.assert(
      fc.property(fleet, peering, (random, strategy) => {
        fc.pre(!random.resolutions.some(isOwnPeerTwice));
        const state = settled(whole(random, strategy), nothing);
        const exported = exportConfig(surveyOf(random.nodes, state));
        if (exported.text === '') return;
        const model = modelOf(exported);
        const again = render(model, resolveAll(model, random.nodes), { cluster: true });
        expect(exported.issues.filter(({ severity }) => severity !== 'note')).to.deep.equal([]);
        expect(planChanges(again, state)).to.deep.equal({
          formatVersion: 1,
          steps: [],
          issues: [],
        });
      }),
      { numRuns: 100 },
    );
  });

  it('leaves nothing to do when it is applied to adopted objects and complete', () => {
    let told = 0;
    fc.assert(
      fc.property(handMade, (cluster) => {
        const exported = exportConfig(cluster);
        if (exported.issues.some(({ severity }) => severity !== 'note')) return;
        told += 1;
        const first = modelOf(exported);
        const desired = render(first, resolveAll(first, factsOf(cluster)), { cluster: true });
        const marking = adoptionSteps(findAdoptable(desired, cluster), desired.covers);
        const changes = marking.flatMap((step) => step.changes);
        const state = settled(desired, applyChanges(cluster, changes, revision));
        const model = modelOf(exportConfig(surveyOf(factsOf(cluster), state)));
        const again = render(model, resolveAll(model, factsOf(cluster)), { cluster: true });
        expect(planChanges(again, state).steps).to.deep.equal([]);
      }),
      { numRuns: 200 },
    );
    expect(told).to.be.greaterThan(20);
  });
});
