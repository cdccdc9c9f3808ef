/** Takes a change that turns the mesh off apart from what the sessions need before that. */
import type { BGPConfiguration } from '../../calico/resource.ts';
import { usualAsNumber, usualListenPort } from '../../calico/bgp-configuration.ts';
import type { Change } from '../plan.ts';

type Written = Extract<Change, { readonly action: 'create' | 'update' }>;

export interface ConfigurationChange {
  /** Everything but the mesh; absent: nothing else has to come first. */
  readonly first?: Written;
  /** Turns the mesh off; absent: the mesh stays as it is, or is turned on. */
  readonly meshOff?: Written;
}

const meshField = 'spec.nodeToNodeMeshEnabled';

/**
 * The mesh goes off behind the sessions that replace it. They need the AS number and the port of
 * the same BGPConfiguration, so a change of these comes before.
 */
export function splitMeshOff(change: Written): ConfigurationChange {
  const { resource } = change;
  if (resource.kind !== 'BGPConfiguration' || !turnsMeshOff(change)) return { first: change };
  const before = specBefore(change);
  if (!changesSessions(before, resource.spec)) return { meshOff: change };
  const { nodeToNodeMeshEnabled } = before;
  const { nodeToNodeMeshEnabled: _off, ...others } = resource.spec;
  const spec = { ...others, ...(nodeToNodeMeshEnabled !== undefined && { nodeToNodeMeshEnabled }) };
  const between = { ...resource, spec };
  const ofMesh = change.fields.filter(({ path }) => path === meshField);
  const rest = change.fields.filter(({ path }) => path !== meshField);
  const { scope } = change;
  return {
    first: { ...change, resource: between, fields: rest },
    // Without a version: the first part makes a new one.
    meshOff: { action: 'update', scope, before: between, resource, fields: ofMesh },
  };
}

/** Also by a new BGPConfiguration: without one the mesh is on. */
function turnsMeshOff(change: Written): boolean {
  const { resource } = change;
  const isOff = resource.kind === 'BGPConfiguration' && isMeshOff(resource.spec);
  return isOff && !isMeshOff(specBefore(change));
}

function isMeshOff({ nodeToNodeMeshEnabled }: BGPConfiguration['spec']): boolean {
  return nodeToNodeMeshEnabled === false;
}

function specBefore(change: Written): BGPConfiguration['spec'] {
  return change.action === 'update' && change.before.kind === 'BGPConfiguration'
    ? change.before.spec
    : {};
}

function changesSessions(
  before: BGPConfiguration['spec'],
  after: BGPConfiguration['spec'],
): boolean {
  const asNumber = (spec: BGPConfiguration['spec']): number => spec.asNumber ?? usualAsNumber;
  const port = (spec: BGPConfiguration['spec']): number => spec.listenPort ?? usualListenPort;
  return asNumber(before) !== asNumber(after) || port(before) !== port(after);
}
