import { byText } from '../by-text.ts';
import type { BGPConfiguration } from '../render/desired.ts';
import type { Change, Step } from './plan.ts';

type Written = Extract<Change, { readonly action: 'create' | 'update' }>;
type Deletion = Extract<Change, { readonly action: 'delete' }>;
type NodePatch = Extract<Change, { readonly action: 'patch-node' }>;

export interface Unordered {
  readonly written: readonly Written[];
  readonly deleted: readonly Deletion[];
  readonly adding: readonly NodePatch[];
  readonly removing: readonly NodePatch[];
}

/** What adds connectivity first, what takes it away last. */
export function orderSteps({ written, deleted, adding, removing }: Unordered): readonly Step[] {
  const ofKind = (kind: Written['resource']['kind']): readonly Written[] =>
    written
      .filter(({ resource }) => resource.kind === kind)
      .toSorted((one, other) => byText(one.resource.metadata.name, other.resource.metadata.name));
  const configurations = ofKind('BGPConfiguration');
  const peersGone = deleted.filter(({ kind }) => kind === 'BGPPeer');
  return [
    step(
      'Make the pools ready',
      'reflectors pass on only what lies in a pool, and pods need addresses',
      ofKind('IPPool'),
    ),
    step(
      'Set the nodes',
      'peers choose nodes by these labels, and sessions use these AS numbers and cluster IDs',
      byNode(adding),
    ),
    step('Make the peers', 'new sessions come before old ones go', ofKind('BGPPeer')),
    step(
      'Set what holds for all nodes',
      'the nodes have their own settings and peers by now',
      configurations.filter((change) => !turnsMeshOff(change)),
    ),
    step(
      'Turn the node-to-node mesh off',
      'until here it carries the traffic; the peers take over',
      configurations.filter(turnsMeshOff),
    ),
    step('Take away what is no longer wanted', 'everything that replaces it is there', [
      ...peersGone,
      ...byNode(removing),
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

function byNode(patches: readonly NodePatch[]): readonly NodePatch[] {
  return patches.toSorted((one, other) => byText(one.node, other.node));
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
