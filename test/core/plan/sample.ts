/** Resources and changes in a few words, for tests about plans. */
import type { BGPPeer, CalicoResource, IPPool } from '../../../core/calico/resource.ts';
import type { Change, Step } from '../../../core/plan/plan.ts';
import type { Observed, ObservedResource } from '../../../core/observe/observed.ts';
import type { Desired, DesiredResource, Scope } from '../../../core/render/desired.ts';

const apiVersion = 'projectcalico.org/v3';
const cluster: Scope = { kind: 'cluster' };
export const ofNode: Scope = { kind: 'node', node: 'node-0' };
export const place = { pointer: '/x', line: 3 };

export function peer(name: string, spec: Partial<BGPPeer['spec']> = {}): BGPPeer {
  const rest = { peerIP: '10.0.0.1', asNumber: 65001, ...spec };
  return { apiVersion, kind: 'BGPPeer', metadata: { name }, spec: rest };
}

export function pool(name: string, spec: Partial<IPPool['spec']> = {}): IPPool {
  const modes = { ipipMode: 'Never', vxlanMode: 'Never', natOutgoing: false } as const;
  const rest = { cidr: '192.168.0.0/16', ...modes, ...spec };
  return { apiVersion, kind: 'IPPool', metadata: { name }, spec: rest };
}

export function ours(resource: CalicoResource, scope: Scope = cluster): ObservedResource {
  return { resource, owner: { scope, lineage: 'local:test', number: 1 } };
}

export function wanted(resource: CalicoResource, scope: Scope = cluster): DesiredResource {
  return { scope, resource, reasons: { 'spec.peerIP': [{ rule: 'global', place }] } };
}

export function desiredOf(
  resources: readonly DesiredResource[],
  rest: Partial<Desired> = {},
): Desired {
  return { covers: [cluster, ofNode], resources, nodes: [], unknownPools: 'not-managed', ...rest };
}

export function observedOf(...resources: readonly ObservedResource[]): Observed {
  return { resources, nodes: [] };
}

export function create(resource: CalicoResource, scope: Scope = cluster): Change {
  return { action: 'create', scope, resource, fields: [] };
}

export function remove(before: CalicoResource, scope: Scope = cluster): Change {
  const { kind, metadata } = before;
  return { action: 'delete', scope, kind, name: metadata.name, before, why: 'a test' };
}

export function patch(node = 'node-0'): Change {
  const settings = { groupLabels: [] };
  return { action: 'patch-node', node, before: settings, after: settings, fields: [] };
}

export function stepOf(title: string, ...changes: readonly Change[]): Step {
  return { title, why: 'a test', gates: [], changes };
}

/** `create BGPPeer/x`, `patch node-0`. */
export function brief(change: Change): string {
  if (change.action === 'patch-node') return `patch ${change.node}`;
  const { kind, metadata } = change.action === 'create' ? change.resource : change.before;
  return `${change.action} ${kind}/${metadata.name}`;
}

export function briefSteps({
  steps,
}: {
  readonly steps: readonly Step[];
}): readonly (readonly string[])[] {
  return steps.map(({ changes }) => changes.map(brief));
}
