/**
 * A surveyed cluster → the content of a NetworkConfig, and issues for the parts that it cannot
 * express.
 */
import { bgpConfigurationFields, type BGPConfigurationSpec } from '../calico/bgp-configuration.ts';
import { cidrs, settingsOf } from '../calico/field.ts';
import { ipPoolFields } from '../calico/ip-pool.ts';
import type { Issue } from '../issue.ts';
import { nameSome } from '../name-some.ts';
import { defaultsOf } from '../calico/kinds.ts';
import type { CalicoResource, IPPool } from '../calico/resource.ts';
import type { SurveyedCluster } from '../survey/surveyed-cluster.ts';
import { clusterNodes, type ClusterNodes } from './nodes/cluster-nodes.ts';
import {
  byNumbers,
  type BgpDraft,
  type BgpSettings,
  type Draft,
  type Origin,
  type PoolDraft,
  type Scalar,
} from './draft.ts';
import { draftGroups } from './nodes/draft-groups.ts';
import { withoutConflicts } from './drop-conflicting-peers.ts';
import { nodePeers, splitPeers } from './nodes/node-peers.ts';
import { withoutRedundant } from './redundant-peers.ts';
import { peersOf, surveyPeers, withoutUnknown, type SurveyedPeer } from './surveyed-peers.ts';
import { unifyPorts } from './unify-surveyed-ports.ts';
import { exportIssue } from './left-out/left-out.ts';
import { leftOutObjects, leftOutOfPeers } from './left-out/left-out-objects.ts';

export interface DraftedConfig {
  readonly draft: Draft;
  readonly issues: readonly Issue[];
}

export function draftConfig(survey: SurveyedCluster): DraftedConfig {
  const nodes = clusterNodes(survey.nodes);
  const resources = survey.resources.toSorted((one, other) =>
    byNumbers(one.resource.metadata.name, other.resource.metadata.name),
  );
  const surveyed = surveyPeers(resources, nodes, leftOutOfPeers(survey.documents));
  const isPerNode = isOfNodes(surveyed.peers);
  const ported = unifyPorts(surveyed.peers);
  const known = withoutUnknown(ported.peers, nodes, isPerNode);
  const single = withoutRedundant(known.peers, nodes);
  const { peers, issues: conflicts } = withoutConflicts(single.peers, nodes);
  const configuration = bgpConfigurationOf(resources.map(({ resource }) => resource));
  const ofNodes = nodePeers(peers, nodes);
  const { ofEveryNode, ofSomeNodes } = isPerNode
    ? splitPeers(ofNodes, nodes)
    : { ofEveryNode: peersOf(peers.filter(isGlobal)), ofSomeNodes: ofNodes };
  const bgp: BgpDraft = {
    settings: draftSettings(configuration),
    ...(isPerNode && { peering: 'per-node' as const }),
    peers: ofEveryNode,
  };
  return {
    draft: {
      bgp,
      pools: resources.flatMap(({ resource, owner }) =>
        resource.kind === 'IPPool'
          ? [draftPool(resource, owner === undefined ? 'none' : 'marks')]
          : [],
      ),
      groups: draftGroups(nodes, peers, ofSomeNodes, configuration.asNumber),
    },
    issues: [
      ...(survey.issues ?? []),
      ...surveyed.issues,
      ...ported.issues,
      ...known.issues,
      ...single.issues,
      ...conflicts,
      ...leftOutObjects(survey.documents, survey.taken ?? []),
      ...explicitNumbers(nodes, configuration.asNumber),
      ...unknownNodes(nodes, peers),
    ],
  };
}

function isOfNodes(peers: readonly SurveyedPeer[]): boolean {
  return peers.length > 0 && peers.every(({ target }) => target.kind === 'nodes');
}

function isGlobal({ target }: SurveyedPeer): boolean {
  return target.kind === 'every node';
}

function bgpConfigurationOf(resources: readonly CalicoResource[]): BGPConfigurationSpec {
  const [spec = {}] = resources.flatMap((resource) =>
    resource.kind === 'BGPConfiguration' && resource.metadata.name === 'default'
      ? [resource.spec]
      : [],
  );
  return spec;
}

/** The fields of `bgp:`, also with Calico's defaults: an absent one would not be managed. */
function draftSettings(spec: BGPConfigurationSpec): BgpSettings {
  return Object.fromEntries(
    settingsOf(bgpConfigurationFields, spec).flatMap(({ setting, value }) => {
      const shown = isScalar(value) ? value : cidrs(value)?.map(({ cidr }) => cidr);
      return shown === undefined ? [] : [[setting, shown] as const];
    }),
  );
}

/** Leaves out a pool's fields with Calico's defaults, because absent ones mean the same. */
function draftPool(pool: IPPool, tie: Origin['tie']): PoolDraft {
  const { metadata, spec } = pool;
  const defaults = defaultsOf(pool);
  const fields = settingsOf(ipPoolFields, spec).flatMap(({ setting, name, value }) =>
    isScalar(value) && value !== defaults[name] ? [[setting, value] as const] : [],
  );
  return {
    name: metadata.name,
    fields: Object.fromEntries(fields),
    from: { kind: 'IPPool', name: metadata.name, tie },
  };
}

function isScalar(value: unknown): value is Scalar {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function explicitNumbers({ all }: ClusterNodes, global: number | undefined): readonly Issue[] {
  const without = all.filter(({ asNumber }) => asNumber === undefined);
  if (global === undefined || without.length === 0 || without.length === all.length) return [];
  const names = nameSome(without.map(({ name }) => name));
  const message = `some nodes say their AS number themselves, and others have ${global} from the BGPConfiguration: ${names}; applied, each of those says ${global} itself`;
  const hint = 'no session changes by it, and a mesh with different AS numbers needs it';
  return [exportIssue('note', 'export-as-number-explicit', message, hint)];
}

function unknownNodes(nodes: ClusterNodes, peers: readonly SurveyedPeer[]): readonly Issue[] {
  const named = peers.flatMap(({ target }) => (target.kind === 'nodes' ? [...target.names] : []));
  const unknown = [...new Set(named)].filter((name) => nodes.spellings(name).length === 0);
  if (unknown.length === 0) return [];
  const message = `BGPPeers name nodes that are not known here: ${nameSome(unknown.sort(byNumbers))}; they are in the document all the same`;
  const hint = 'take them out of the document where the machines are gone';
  return [exportIssue('note', 'export-node-unknown', message, hint)];
}
