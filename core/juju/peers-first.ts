/** The order of the changes of the calico charm's mesh and of the peers that replace it. */
import { neighbourOf } from '../calico/neighbour.ts';
import { peerKey } from '../config/peer/neighbour.ts';
import type { Change } from '../plan/plan.ts';
import type { Observed } from '../observe/observed.ts';
import type { BGPPeer } from '../calico/resource.ts';
import type { Desired } from '../render/desired.ts';
import type { Resolution } from '../resolve/resolution.ts';

/** An option to set, as `manage-pools=false`; without a value: to the same value as here. */
export interface CharmDemand {
  readonly option: string;
  readonly value?: string;
}

export interface DerivedHere {
  readonly desired: Desired;
  readonly resolution: Resolution;
}

export const meshOption = 'node-to-node-mesh';
export const reflectorOption = 'route-reflector-cluster-ids';

/**
 * Demands that end sessions of the mesh while a peer of ours is still to be made: the charm would
 * do so at once, and our peers wait for the charm. A reflector leaves the mesh as well
 * (projectcalico confd, templates bird.cfg.template: no mesh with a node that has a cluster ID).
 */
export function peersFirst(
  changes: readonly Change[],
  observed: Observed,
  derived: DerivedHere,
): readonly CharmDemand[] {
  if (!hasMesh(observed)) return [];
  if (!changes.some((change) => makesSession(change, observed, derived))) return [];
  const endsMesh = derived.desired.resources.some(
    ({ resource }) =>
      resource.kind === 'BGPConfiguration' && resource.spec.nodeToNodeMeshEnabled === false,
  );
  return [
    ...(endsMesh ? [{ option: meshOption, value: 'true' }] : []),
    ...(changes.some((change) => makesReflector(change, observed))
      ? [{ option: reflectorOption, value: "'{}'" }]
      : []),
  ];
}

/** Calico's default is a mesh. */
function hasMesh({ resources }: Observed): boolean {
  return !resources.some(
    ({ resource }) =>
      resource.kind === 'BGPConfiguration' &&
      resource.metadata.name === 'default' &&
      resource.spec.nodeToNodeMeshEnabled === false,
  );
}

/**
 * Whether a peer makes a new session. It does not if another one, such as the charm's own, has the
 * same session. For a peer of several nodes a node knows only its own session; the other units
 * check theirs.
 */
function makesSession(
  change: Change,
  { resources }: Observed,
  { resolution: { node, peers } }: DerivedHere,
): boolean {
  if (change.action !== 'create' || change.resource.kind !== 'BGPPeer') return false;
  const made = change.resource;
  const isOurs = peers.some((peer) => peerKey(peer) === neighbourOf(made));
  return !resources.some(
    ({ resource }) =>
      resource.kind === 'BGPPeer' &&
      resource.spec.asNumber === made.spec.asNumber &&
      neighbourOf(resource) === neighbourOf(made) &&
      (!isOurs || isFor(resource, node)),
  );
}

function isFor({ spec }: BGPPeer, node: string): boolean {
  return spec.node === node || (spec.node === undefined && spec.nodeSelector === undefined);
}

function makesReflector(change: Change, { nodes }: Observed): boolean {
  return (
    change.action === 'patch-node' &&
    nodes.some(({ name, exists }) => name === change.node && exists !== false) &&
    change.fields.some(
      ({ path, after }) => path === 'routeReflectorClusterID' && typeof after === 'string',
    )
  );
}

/** @param first the values that the options need here until the peers are in force */
export function peersFirstText(
  first: readonly CharmDemand[],
  application: string,
  own: string,
): string {
  const command = first.map(({ option, value }) => `${option}=${value ?? ''}`).join(' ');
  return `first apply the peers: juju config ${own} ${command}; leave ${application} as it is until no unit says this: its mesh must not end before they are there`;
}
