/** Clusters to export: objects of our fleets, and objects made by hand. */
import fc from 'fast-check';
import type { NetworkModel } from '../../../core/config/model.ts';
import { parseConfig } from '../../../core/config/parse.ts';
import type { ExportedConfig } from '../../../core/export/export-config.ts';
import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { Observed, ObservedResource } from '../../../core/observe/observed.ts';
import type { BGPPeer, CalicoResource } from '../../../core/calico/resource.ts';
import type { SurveyedCluster, SurveyedNode } from '../../../core/survey/surveyed-cluster.ts';

const apiVersion = 'projectcalico.org/v3';
const saysNothing = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\n';

export function surveyOf(
  facts: readonly NodeFacts[],
  { resources, nodes }: Observed,
): SurveyedCluster {
  const settings = new Map(nodes.map((node) => [node.name, node.settings]));
  return {
    resources,
    nodes: facts.map(({ name, addresses, labels }) => {
      return { name, addresses, labels, settings: settings.get(name) ?? { groupLabels: [] } };
    }),
    documents: resources.map(({ resource }) => resource),
    blocks: [],
  };
}

/** The agents' future knowledge of the surveyed nodes; Juju's units only when they know them. */
export function factsOf({ nodes }: SurveyedCluster): readonly NodeFacts[] {
  return nodes.map(({ name, addresses, labels }) => ({ name, units: [], addresses, labels }));
}

/** With nothing to export, the model of an empty document. */
export function modelOf({ text }: ExportedConfig): NetworkModel {
  const parsed = parseConfig(text === '' ? saysNothing : text);
  if (!parsed.ok) throw new Error(`${JSON.stringify(parsed.issues, null, 1)}\n${text}`);
  return parsed.model;
}

export function survey(parts: {
  readonly nodes?: readonly (Partial<SurveyedNode> & { readonly name: string })[];
  readonly resources?: readonly CalicoResource[];
  readonly documents?: readonly unknown[];
}): SurveyedCluster {
  const { nodes = [], resources = [], documents = [] } = parts;
  return {
    resources: resources.map((resource) => ({ resource })),
    nodes: nodes.map((node) => {
      return { addresses: [], labels: {}, settings: { groupLabels: [] }, ...node };
    }),
    documents: [...resources, ...documents],
    blocks: [],
  };
}

export function bgpPeer(name: string, spec: BGPPeer['spec']): BGPPeer {
  return { apiVersion, kind: 'BGPPeer', metadata: { name }, spec };
}

const names = ['node-0', 'node-1', 'node-2', 'node-10', 'Node-3'];

const node: fc.Arbitrary<Omit<SurveyedNode, 'name' | 'addresses'>> = fc
  .record({
    labels: fc.constantFrom<SurveyedNode['labels']>({ rack: 'a' }, { rack: 'b' }, {}),
    asNumber: fc.constantFrom(undefined, undefined, 64512, 64600, 4200000001),
    clusterId: fc.constantFrom(undefined, undefined, '1.0.0.1', '1.0.0.2'),
    groupLabels: fc.subarray(['0123456789ab', 'ba9876543210']),
  })
  .map(({ labels, asNumber, clusterId, groupLabels }) => ({
    labels,
    settings: {
      ...(asNumber !== undefined && { asNumber }),
      ...(clusterId !== undefined && { routeReflectorClusterID: clusterId }),
      groupLabels: groupLabels.map((hash) => `calico-agent/group.${hash}`),
    },
  }));

const nodes: fc.Arbitrary<readonly SurveyedNode[]> = fc
  .tuple(...names.map((name) => fc.tuple(node, fc.boolean(), fc.constant(name))))
  .map((list) =>
    list.map(([rest, isDual, name], index) => {
      const v4 = {
        family: 4,
        address: `10.0.${index % 2}.${index + 2}`,
        prefixLength: 24,
      } as const;
      const v6 = { family: 6, address: `fd00::${index + 2}`, prefixLength: 64 } as const;
      return { ...rest, name, addresses: isDual ? [v4, v6] : [v4] };
    }),
  );

const target = fc.constantFrom<Pick<BGPPeer['spec'], 'node' | 'nodeSelector'>>(
  {},
  ...names.map((name) => ({ node: name })),
  { node: 'gone' },
  { nodeSelector: 'all()' },
  { nodeSelector: "rack == 'a'" },
  { nodeSelector: 'has(rack) || !has(rack)' },
  { nodeSelector: 'has(calico-agent/group.0123456789ab)' },
  { nodeSelector: 'has(calico-agent/group.ffffffffffff)' },
  { nodeSelector: "has(calico-agent/group.ba9876543210) && rack == 'b'" },
);

const peerIPs = ['10.0.0.2', '10.0.1.3', '10.9.0.1', '10.9.0.1:179', '10.9.0.1:1179', 'fd00::3'];
const peer: fc.Arbitrary<BGPPeer['spec']> = fc
  .tuple(
    target,
    fc.constantFrom(...peerIPs, 'FD00:0::9', '[fd00::9]:1179'),
    fc.constantFrom(64512, 64512, 64512, 64600),
  )
  .map(([whose, peerIP, asNumber]) => ({ ...whose, peerIP, asNumber }));

/** Peers of all kinds, pools that do not overlap, and nodes with any settings. */
export const handMade: fc.Arbitrary<SurveyedCluster> = fc
  .record({
    nodes,
    peers: fc.array(peer, { maxLength: 12 }),
    asNumber: fc.constantFrom(undefined, 64512, 64600),
    mesh: fc.constantFrom(undefined, true, false),
    pools: fc.subarray([0, 1, 2]),
  })
  .map(({ nodes: list, peers, asNumber, mesh, pools }) => {
    const spec = {
      ...(asNumber !== undefined && { asNumber }),
      ...(mesh !== undefined && { nodeToNodeMeshEnabled: mesh }),
    };
    const resources: readonly CalicoResource[] = [
      { apiVersion, kind: 'BGPConfiguration', metadata: { name: 'default' }, spec },
      ...peers.map((one, index) => bgpPeer(`peer-${index}`, one)),
      ...pools.map(pool),
    ];
    const found = resources.map((resource): ObservedResource => ({ resource }));
    return { resources: found, nodes: list, documents: resources, blocks: [] };
  });

function pool(number: number): CalicoResource {
  return {
    apiVersion,
    kind: 'IPPool',
    metadata: { name: `pool-${number}` },
    spec: {
      cidr: `192.168.${number}.0/24`,
      ipipMode: number === 1 ? 'CrossSubnet' : 'Never',
      vxlanMode: 'Never',
      natOutgoing: number === 0,
      ...(number === 2 && { disabled: true, assignmentMode: 'Manual', blockSize: 28 }),
    },
  };
}
