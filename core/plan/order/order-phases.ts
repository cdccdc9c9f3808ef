import { byText } from '../../by-text.ts';
import type { NodeDifference } from '../diff/diff-node.ts';
import type { Change } from '../plan.ts';
import { deleteRivals } from './delete-rivals.ts';
import { encapsulationSwitch, needsBgpFirst } from './encapsulation.ts';
import { splitMeshOff } from './mesh-off.ts';
import type { Phase, PhaseKey } from './phase.ts';

type Written = Extract<Change, { readonly action: 'create' | 'update' }>;
type Deletion = Extract<Change, { readonly action: 'delete' }>;
type NodePatch = Extract<Change, { readonly action: 'patch-node' }>;

export interface Unordered {
  readonly written: readonly Written[];
  readonly deleted: readonly Deletion[];
  readonly nodes: readonly NodeDifference[];
}

/**
 * Steps that add connectivity come first, and steps that remove it last. A mesh session needs a
 * mesh that is on, and two nodes without cluster IDs (confd's bird templates): so cluster IDs come
 * after the peers that replace the mesh, and go after the mesh is on and before those peers go. The
 * cluster IDs of several reflectors go out together: one after the other would lose more
 * (docs/safety.md).
 */
export function orderPhases({ written, deleted, nodes }: Unordered): readonly Phase[] {
  const ofKind = (kind: Written['resource']['kind']): readonly Written[] =>
    written
      .filter(({ resource }) => resource.kind === kind)
      .toSorted((one, other) => byText(one.resource.metadata.name, other.resource.metadata.name));
  const patches = (which: keyof NodeDifference): readonly NodePatch[] =>
    nodes
      .flatMap((node) => node[which] ?? [])
      .toSorted((one, other) => byText(one.node, other.node));
  const configurations = ofKind('BGPConfiguration').map(splitMeshOff);
  const pools = ofKind('IPPool');
  const switched = pools.filter((change) => encapsulationSwitch(change) !== undefined);
  const peersGone = deleted.filter(({ kind }) => kind === 'BGPPeer');
  const { peers, later } = deleteRivals(ofKind('BGPPeer'), peersGone);
  const changes: Readonly<Record<PhaseKey, readonly Change[]>> = {
    pools: pools.filter((change) => !switched.includes(change)),
    encapsulation: switched.filter((change) => !needsBgpFirst(change)),
    nodes: patches('adding'),
    peers,
    configuration: configurations.flatMap(({ first }) => first ?? []),
    reflectors: patches('clusterIdOn'),
    'mesh-off': configurations.flatMap(({ meshOff }) => meshOff ?? []),
    'encapsulation-by-bgp': switched.filter(needsBgpFirst),
    'plain-nodes': patches('clusterIdOff'),
    removals: [...later, ...patches('removing')],
    'pool-deletions': deleted.filter(({ kind }) => kind === 'IPPool'),
  };
  return phases
    .map((phase) => ({ ...phase, changes: changes[phase.key] }))
    .filter((phase) => phase.changes.length > 0);
}

const phases: readonly Omit<Phase, 'changes'>[] = [
  {
    key: 'pools',
    title: 'Make the pools ready',
    why: 'reflectors pass on only what lies in a pool, and pods need addresses',
  },
  {
    key: 'encapsulation',
    title: 'Switch the encapsulation',
    why: 'alone, while all sessions are as they were: then nothing else is in doubt',
  },
  {
    key: 'nodes',
    title: 'Set the nodes',
    why: 'peers choose nodes by these labels, and sessions use these AS numbers',
  },
  { key: 'peers', title: 'Make the peers', why: 'new sessions come before old ones go' },
  {
    key: 'configuration',
    title: 'Set the BGPConfiguration of all nodes',
    why: 'the nodes have their own settings and peers by now',
  },
  {
    key: 'reflectors',
    title: 'Make the route reflectors',
    why: 'a cluster ID takes its node out of the mesh at once; the peers are there',
  },
  {
    key: 'mesh-off',
    title: 'Turn the node-to-node mesh off',
    why: 'until here it carries the traffic; the peers take over',
  },
  {
    key: 'encapsulation-by-bgp',
    title: 'Switch VXLAN off',
    why: 'without VXLAN the routes to pods come by BGP; its sessions are there',
  },
  {
    key: 'plain-nodes',
    title: 'Make plain nodes of route reflectors',
    why: 'without its cluster ID a node is in the mesh again; its peers are still there',
  },
  {
    key: 'removals',
    title: 'Remove what is no longer desired',
    why: 'everything that replaces it is there',
  },
  {
    key: 'pool-deletions',
    title: 'Delete pools',
    why: 'last, because what uses their addresses loses its routes',
  },
];
