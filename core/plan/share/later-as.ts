/**
 * A node whose AS number changes only together with the cluster-wide resources. Its neighbours are to
 * have the sessions of the configuration with the new number, so a session that is made before that
 * would not come up.
 */
import type { Desired, DesiredNode, DesiredResource } from '../../render/desired.ts';
import { neighbourOf } from '../../calico/neighbour.ts';
import { differingSetting } from '../../config/peer/session-settings.ts';
import type { Observed } from '../../observe/observed.ts';
import type { ClusterAs } from '../cluster-as.ts';
import { byNeighbour } from '../diff/same-neighbour.ts';
import { peerFor } from './peer-for.ts';

interface NodesOfShare {
  /** With the AS numbers of the configuration. */
  readonly asked: readonly DesiredNode[];
  /** With the AS numbers until the cluster-wide resources change. */
  readonly kept: readonly DesiredNode[];
}

/**
 * While the mesh is on, it is false: then BIRD holds a new session back behind that of the mesh, and
 * the node needs its BGPPeers when the mesh ends.
 */
export function isOwnAsLater(
  { asked, kept }: NodesOfShare,
  { nodes, resources }: Pick<Observed, 'nodes' | 'resources'>,
  { before, after }: ClusterAs,
): boolean {
  const isMeshOff = resources.some(
    ({ resource }) =>
      resource.kind === 'BGPConfiguration' &&
      resource.metadata.name === 'default' &&
      resource.spec.nodeToNodeMeshEnabled === false,
  );
  if (!isMeshOff || before === undefined) return false;
  const present = new Map(nodes.map(({ name, settings }) => [name, settings.asNumber]));
  const numberOf = (node: DesiredNode | undefined, ofCluster: number | undefined): unknown => {
    const { asNumber = present.get(node?.name ?? '') } = node?.settings ?? {};
    return asNumber ?? ofCluster;
  };
  return asked.some((node, index) => numberOf(node, after) !== numberOf(kept[index], before));
}

interface KeptPeers {
  /** The BGPPeers for the node alone, as they are. */
  readonly kept: readonly DesiredResource[];
  /** Neighbours, as peerKey, without a session, or with one of other settings. */
  readonly held: readonly string[];
}

export function keptPeers(
  { covers, nodes }: Pick<Desired, 'covers' | 'nodes'>,
  asked: readonly DesiredResource[],
  { resources }: Pick<Observed, 'resources'>,
): KeptPeers {
  const own = new Set(covers.flatMap((scope) => (scope.kind === 'node' ? [scope.node] : [])));
  const kept = resources.flatMap(({ resource, owner }): readonly DesiredResource[] => {
    const isOwn = owner?.scope.kind === 'node' && own.has(owner.scope.node);
    return isOwn && resource.kind === 'BGPPeer'
      ? [{ resource, scope: owner.scope, reasons: {} }]
      : [];
  });
  const labels = new Map(nodes.map(({ name, settings }) => [name, settings.groupLabels]));
  const present = byNeighbour(resources, ({ resource }) =>
    resource.kind === 'BGPPeer' ? resource : undefined,
  );
  const held = asked.flatMap(({ resource }): readonly string[] => {
    if (resource.kind !== 'BGPPeer') return [];
    const { node = '' } = resource.spec;
    const givers = (present.get(neighbourOf(resource)) ?? []).flatMap((one) =>
      peerFor(one, node, labels),
    );
    const isThere =
      givers.length > 0 &&
      givers.every(({ spec }) => differingSetting(spec, resource.spec) === undefined);
    return isThere ? [] : [neighbourOf(resource)];
  });
  return { kept, held };
}
