/** Changes and steps, as a plan has them, without what tests of datastores do not look at. */
import type { Change, Step } from '../../core/plan/plan.ts';
import type { BGPPeer, CalicoResource, NodeSettings, Share } from '../../core/render/desired.ts';

export const clusterShare: Share = { kind: 'cluster' };

export function stepOf(changes: readonly Change[]): Step {
  return { title: 'all of it', why: 'a test', gates: [], changes };
}

export function create(resource: CalicoResource, share = clusterShare): Change {
  return { action: 'create', share, resource, fields: [] };
}

export function update(
  before: CalicoResource,
  resource: CalicoResource,
  { share = clusterShare, version }: { readonly share?: Share; readonly version?: string } = {},
): Change {
  const change = { action: 'update', share, before, resource, fields: [] } as const;
  return version === undefined ? change : { ...change, version };
}

export function remove(before: CalicoResource, version?: string, share = clusterShare): Change {
  const { kind, metadata } = before;
  const { name } = metadata;
  const change = { action: 'delete', share, kind, name, before, why: 'a test' } as const;
  return version === undefined ? change : { ...change, version };
}

export function release(before: CalicoResource, version?: string, share = clusterShare): Change {
  const change = { action: 'release', share, before } as const;
  return version === undefined ? change : { ...change, version };
}

export function patchNode(node: string, after: NodeSettings): Change {
  return { action: 'patch-node', node, before: { groupLabels: [] }, after, fields: [] };
}

export function peerOf(name: string, spec: Partial<BGPPeer['spec']> = {}): BGPPeer {
  return {
    apiVersion: 'projectcalico.org/v3',
    kind: 'BGPPeer',
    metadata: { name },
    spec: { peerIP: '10.0.0.1', asNumber: 65001, ...spec },
  };
}
