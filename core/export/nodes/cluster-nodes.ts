/** The nodes of a cluster, as the export needs them. */
import type { NodeAddress } from '../../facts/facts.ts';
import { groupBy } from '../../group-by.ts';
import type { SurveyedNode } from '../../survey/surveyed-cluster.ts';
import { byNumbers } from '../draft.ts';

export interface ClusterNode {
  readonly name: string;
  readonly addresses: readonly NodeAddress[];
  /** The labels, including those of our groups. */
  readonly labels: Readonly<Record<string, string>>;
  /** The Node's own AS number. */
  readonly asNumber?: number;
  readonly clusterId?: string;
}

export interface ClusterNodes {
  readonly all: readonly ClusterNode[];
  /** The names that differ from this one only in capital letters. */
  spellings(name: string): readonly string[];
}

export function clusterNodes(surveyed: readonly SurveyedNode[]): ClusterNodes {
  const all = surveyed.map(clusterNode).sort((one, other) => byNumbers(one.name, other.name));
  const spellings = groupBy(all, ({ name }) => name.toLowerCase());
  return {
    all,
    spellings: (name) => (spellings.get(name.toLowerCase()) ?? []).map((node) => node.name),
  };
}

function clusterNode({ name, addresses, labels, settings }: SurveyedNode): ClusterNode {
  const { asNumber, routeReflectorClusterID, groupLabels } = settings;
  const own = groupLabels.map((label) => [label, 'true'] as const);
  return {
    name,
    addresses,
    labels: { ...labels, ...Object.fromEntries(own) },
    ...(typeof asNumber === 'number' && { asNumber }),
    ...(typeof routeReflectorClusterID === 'string' && { clusterId: routeReflectorClusterID }),
  };
}
