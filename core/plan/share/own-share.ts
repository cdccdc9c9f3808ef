/**
 * The part of a configuration that one node can have while the cluster-wide resources stay as they
 * are. It touches no other node: the node's peers become BGPPeers for it alone, and what the other
 * nodes depend on stays.
 */
import { neighbourOf } from '../../calico/neighbour.ts';
import { objectKey, type BGPPeer } from '../../calico/resource.ts';
import { differingSetting } from '../../config/peer/session-settings.ts';
import type { Observed } from '../../observe/observed.ts';
import type { Desired, DesiredNode, DesiredResource } from '../../render/desired.ts';
import { clusterAsOf } from '../cluster-as.ts';
import { diffResource } from '../diff/diff-resource.ts';
import { matchObserved } from '../diff/match-observed.ts';
import { byNeighbour } from '../diff/same-neighbour.ts';
import { isOwnAsLater, keptPeers } from './later-as.ts';
import { groupLabelOf, peerFor } from './peer-for.ts';

export interface OwnShare {
  /** Covers this node alone. */
  readonly desired: Desired;
  /** Neighbours, as peerKey, whose session stays as it is, because a BGPPeer of other nodes gives it too. */
  readonly heldPeers: readonly string[];
}

export interface SharedPeers {
  /**
   * BGPPeers of several nodes are to be made, changed or deleted: until then the node keeps the labels
   * by which it has its sessions.
   */
  readonly isAnyHeld: boolean;
  /** One of them is to have another AS number. It may be the one by which others expect this node. */
  readonly isAnyAsHeld: boolean;
}

export function ownShare(
  desired: Desired,
  observed: Observed,
  { isAnyHeld, isAnyAsHeld }: SharedPeers,
): OwnShare {
  const { cluster: _edits, metallb: _objects, images: _images, later, ...rest } = desired;
  const own = desired.resources.filter(({ scope }) => scope.kind === 'node');
  const unstable = unstableLabels(desired, observed);
  const known = new Map(observed.nodes.map(({ name, settings }) => [name, settings]));
  const nodes = desired.nodes.map((node): DesiredNode => {
    const before = known.get(node.name)?.groupLabels ?? [];
    const asked = node.settings.groupLabels.filter(
      (label) => before.includes(label) || !unstable.has(label),
    );
    const groupLabels = isAnyHeld ? [...new Set([...before, ...asked])] : asked;
    return { ...node, settings: { ...node.settings, groupLabels } };
  });
  const names = new Set(own.map(({ resource }) => objectKey(resource)));
  const asked = (later?.peers ?? []).filter(({ resource }) => !names.has(objectKey(resource)));
  const peers = judgePeers(asked, observed, nodes);
  const { before, after } = clusterAsOf(desired, observed);
  const terms = { isAsHeld: peers.isAsHeld || isAnyAsHeld, isClusterAsHeld: before !== after };
  const kept = nodes.map((node) => withoutHeld(node, terms));
  const covers = desired.covers.filter(({ kind }) => kind === 'node');
  const share = { ...rest, covers, nodes: kept, unknownPools: 'not-managed' } as const;
  if (isOwnAsLater({ asked: nodes, kept }, observed, { before, after })) {
    const stay = keptPeers(share, later?.peers ?? [], observed);
    const others = own.filter(({ resource }) => resource.kind !== 'BGPPeer');
    return { desired: { ...share, resources: [...others, ...stay.kept] }, heldPeers: stay.held };
  }
  return { desired: { ...share, resources: [...own, ...peers.made] }, heldPeers: peers.held };
}

/**
 * Labels that would give a node sessions of BGPPeers that are to change or to go. A node that has
 * such a label keeps it; no other one gets it.
 */
function unstableLabels(desired: Desired, observed: Observed): ReadonlySet<string> {
  const matched = matchObserved(desired, observed);
  const stable = new Set(
    desired.resources.flatMap((one) => {
      const found = matched.of(one.resource);
      return found !== undefined && diffResource(one, found).fields.length === 0 ? [found] : [];
    }),
  );
  return new Set(
    observed.resources.flatMap((one) => {
      const label = one.resource.kind === 'BGPPeer' ? groupLabelOf(one.resource) : undefined;
      return label === undefined || stable.has(one) ? [] : [label];
    }),
  );
}

interface JudgedPeers {
  readonly made: readonly DesiredResource[];
  readonly held: readonly string[];
  /** A neighbour gets another AS number, by a BGPPeer of other nodes. */
  readonly isAsHeld: boolean;
}

/** A peer that BGPPeers of several nodes give the node already needs none of its own. */
function judgePeers(
  asked: readonly DesiredResource[],
  { resources }: Observed,
  nodes: readonly DesiredNode[],
): JudgedPeers {
  const labels = new Map(nodes.map(({ name, settings }) => [name, settings.groupLabels]));
  const shared = byNeighbour(
    resources.filter(({ owner }) => owner?.scope.kind !== 'node'),
    ({ resource }) => (resource.kind === 'BGPPeer' ? resource : undefined),
  );
  const made: DesiredResource[] = [];
  const held: string[] = [];
  for (const one of asked) {
    const { resource } = one;
    if (resource.kind !== 'BGPPeer') continue;
    const { node = '' } = resource.spec;
    const neighbour = neighbourOf(resource);
    const givers = (shared.get(neighbour) ?? []).flatMap((giver) => peerFor(giver, node, labels));
    if (givers.some(({ spec }) => differingSetting(spec, resource.spec) !== undefined)) {
      held.push(neighbour);
    } else if (!givers.some((giver) => isCertain(giver))) made.push(one);
  }
  // The AS number is the only setting of a session beside its neighbour.
  return { made, held, isAsHeld: held.length > 0 };
}

/** Nobody knows here which nodes a selector of others chooses. */
function isCertain(peer: BGPPeer): boolean {
  return (peer.spec.nodeSelector ?? '') === '' || groupLabelOf(peer) !== undefined;
}

/**
 * A cluster ID takes its node out of the mesh, so it changes together with the peers and the mesh of
 * all nodes. A node's AS number changes together with those of its neighbours, and a node without one
 * of its own changes together with the cluster's.
 */
function withoutHeld(
  node: DesiredNode,
  held: { readonly isAsHeld: boolean; readonly isClusterAsHeld: boolean },
): DesiredNode {
  const { routeReflectorClusterID: _clusterId, asNumber, ...settings } = node.settings;
  const isHeld = held.isAsHeld || (asNumber === null && held.isClusterAsHeld);
  const kept = isHeld || asNumber === undefined ? settings : { ...settings, asNumber };
  return { ...node, settings: kept };
}
