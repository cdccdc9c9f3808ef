/** Changes and steps of a plan, without the parts that tests of datastores ignore. */
import type { NodeSettings } from '../../../core/calico/node.ts';
import type { BGPPeer, CalicoResource } from '../../../core/calico/resource.ts';
import type { Change, Step } from '../../../core/plan/plan.ts';
import type { Scope } from '../../../core/render/desired.ts';

export const clusterScope: Scope = { kind: 'cluster' };

export function stepOf(changes: readonly Change[]): Step {
  return { title: 'all of it', why: 'a test', gates: [], changes };
}

export function create(resource: CalicoResource, scope = clusterScope): Change {
  return { action: 'create', scope, resource, fields: [] };
}

export function update(
  before: CalicoResource,
  resource: CalicoResource,
  { scope = clusterScope, version }: { readonly scope?: Scope; readonly version?: string } = {},
): Change {
  const change = { action: 'update', scope, before, resource, fields: [] } as const;
  return version === undefined ? change : { ...change, version };
}

export function remove(before: CalicoResource, version?: string, scope = clusterScope): Change {
  const { kind, metadata } = before;
  const { name } = metadata;
  const change = { action: 'delete', scope, kind, name, before, why: 'a test' } as const;
  return version === undefined ? change : { ...change, version };
}

export function release(before: CalicoResource, version?: string, scope = clusterScope): Change {
  const change = { action: 'release', scope, before } as const;
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
