import { byText } from '../../by-text.ts';
import type { BGPConfiguration } from '../../calico/resource.ts';
import type { NodeDifference } from '../diff/diff-node.ts';
import type { Change, Step } from '../plan.ts';
import { deleteRivals } from './delete-rivals.ts';

type Written = Extract<Change, { readonly action: 'create' | 'update' }>;
type Deletion = Extract<Change, { readonly action: 'delete' }>;
type NodePatch = Extract<Change, { readonly action: 'patch-node' }>;

export interface Unordered {
  readonly written: readonly Written[];
  readonly deleted: readonly Deletion[];
  readonly nodes: readonly NodeDifference[];
}

/**
 * What adds connectivity first, what takes it away last. A mesh session needs a mesh that is on,
 * and two nodes without cluster IDs (confd's bird templates): so cluster IDs come after the peers
 * that replace the mesh, and go after the mesh is on and before those peers go.
 */
export function orderSteps({ written, deleted, nodes }: Unordered): readonly Step[] {
  const ofKind = (kind: Written['resource']['kind']): readonly Written[] =>
    written
      .filter(({ resource }) => resource.kind === kind)
      .toSorted((one, other) => byText(one.resource.metadata.name, other.resource.metadata.name));
  const patches = (which: keyof NodeDifference): readonly NodePatch[] =>
    nodes
      .flatMap((node) => node[which] ?? [])
      .toSorted((one, other) => byText(one.node, other.node));
  const configurations = ofKind('BGPConfiguration');
  const peersGone = deleted.filter(({ kind }) => kind === 'BGPPeer');
  const { peers, later } = deleteRivals(ofKind('BGPPeer'), peersGone);
  return [
    step(
      'Make the pools ready',
      'reflectors pass on only what lies in a pool, and pods need addresses',
      ofKind('IPPool'),
    ),
    step(
      'Set the nodes',
      'peers choose nodes by these labels, and sessions use these AS numbers',
      patches('adding'),
    ),
    step('Make the peers', 'new sessions come before old ones go', peers),
    step(
      'Set what holds for all nodes',
      'the nodes have their own settings and peers by now',
      configurations.filter((change) => !turnsMeshOff(change)),
    ),
    step(
      'Make the route reflectors',
      'a cluster ID takes its node out of the mesh at once; the peers are there',
      patches('clusterIdOn'),
    ),
    step(
      'Turn the node-to-node mesh off',
      'until here it carries the traffic; the peers take over',
      configurations.filter(turnsMeshOff),
    ),
    step(
      'Make plain nodes of route reflectors',
      'without its cluster ID a node is in the mesh again; its peers are still there',
      patches('clusterIdOff'),
    ),
    step('Remove what is no longer desired', 'everything that replaces it is there', [
      ...later,
      ...patches('removing'),
    ]),
    step(
      'Delete pools',
      'last, because what uses their addresses loses its routes',
      deleted.filter(({ kind }) => kind === 'IPPool'),
    ),
  ].filter(({ changes }) => changes.length > 0);
}

function step(title: string, why: string, changes: readonly Change[]): Step {
  return { title, why, gates: [], changes };
}

/** Also by making a BGPConfiguration: without one the mesh is on. */
function turnsMeshOff(change: Written): boolean {
  return isOff(change.resource) && !(change.action === 'update' && isOff(change.before));
}

function isOff({ kind, spec }: Written['resource']): boolean {
  return kind === 'BGPConfiguration' && meshOf(spec) === false;
}

function meshOf(spec: BGPConfiguration['spec']): boolean | undefined {
  return spec.nodeToNodeMeshEnabled;
}
