/** Resolution → Calico's resources and the settings of Nodes, every field with its reasons. */
import { byText } from '../by-text.ts';
import type { NetworkModel, Peering } from '../config/model.ts';
import { metalLbObjects } from '../metallb/objects.ts';
import { kubectlOf } from '../platform/kubectl-of.ts';
import type { Resolution } from '../resolve/resolution.ts';
import type { Desired, DesiredResource, Scope } from './desired.ts';
import { groupLabels } from './group-labels.ts';
import { renderBgpConfiguration } from './render-bgp-configuration.ts';
import { renderNode } from './render-node.ts';
import { renderNodePeers, renderSharedPeers } from './render-peers.ts';
import { renderPools } from './render-pools.ts';

export interface RenderOptions {
  /** Default: the document's setting, else selectors. */
  readonly peering?: Peering;
  /** Whether the cluster-wide resources are rendered as well; they follow from the model alone. */
  readonly cluster: boolean;
}

/** The union of the renders of single nodes is the render of the fleet. */
export function render(
  model: NetworkModel,
  resolutions: readonly Resolution[],
  options: RenderOptions,
): Desired {
  const peering = options.peering ?? model.bgp.peering?.value ?? 'selectors';
  const labels = groupLabels(model);
  const nodes = resolutions.map(({ node }) => node).sort(byText);
  const sharedPeers = options.cluster && peering === 'selectors' ? renderSharedPeers(labels) : [];
  const nodePeers = peering === 'per-node' ? resolutions.flatMap(renderNodePeers) : [];
  return {
    covers: [
      ...(options.cluster ? [{ kind: 'cluster' } as const] : []),
      ...nodes.map((node): Scope => ({ kind: 'node', node })),
    ],
    resources: [
      ...(options.cluster ? byName(renderPools(model.pools ?? [])) : []),
      ...(options.cluster ? renderBgpConfiguration(model.bgp) : []),
      ...byName([...sharedPeers, ...nodePeers]),
    ],
    nodes: resolutions
      .map((resolution) =>
        renderNode(model, resolution, peering === 'selectors' ? labels.ofNode(resolution) : []),
      )
      .sort((one, other) => byText(one.name, other.name)),
    unknownPools: model.pools === undefined ? 'not-managed' : model.unknownPools.value,
    ...(options.cluster &&
      model.metallb !== undefined && { metallb: metalLbObjects(model.metallb) }),
    ...(options.cluster &&
      model.images !== undefined && {
        images: {
          settings: model.images,
          application: model.unitApplication,
          kubectl: kubectlOf(model.platform?.kind),
        },
      }),
  };
}

function byName(resources: readonly DesiredResource[]): readonly DesiredResource[] {
  return resources.toSorted((one, other) =>
    byText(one.resource.metadata.name, other.resource.metadata.name),
  );
}
