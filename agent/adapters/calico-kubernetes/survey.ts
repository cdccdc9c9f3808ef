/** Reads the whole cluster. */
import { readKubectlNodes } from '../../../core/facts/kubectl-nodes.ts';
import { whyUnreadable } from '../../../core/input/deep-items.ts';
import { isMap, textAt, valueAt } from '../../../core/input/plain-data.ts';
import type { PoolUsage } from '../../../core/observe/observed.ts';
import { blockUse, parseIpamBlock, poolUsageOf } from '../../../core/survey/ipam-block.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { ClusterSurvey } from '../../ports/datastore/cluster-survey.ts';
import type { Session } from './api-server.ts';
import type {
  IpamBlock,
  SurveyedCluster,
  SurveyedNode,
} from '../../../core/survey/surveyed-cluster.ts';
import { ApiRefusal } from '../../../runtime/kubernetes/api-refusal.ts';
import type { KubernetesClient } from '../../../runtime/kubernetes/client.ts';
import { flatMapInTurns } from '../../../runtime/pacing/in-turns.ts';
import type { CalicoApi, CalicoKind } from './calico-api.ts';
import { nodeSettingsOf } from './objects/node-settings.ts';
import { listKind, observeResources, readNode, type Seen } from './observe.ts';
import { documentOf } from './objects/v3-document.ts';

const documentKinds: readonly CalicoKind[] = ['BGPConfiguration', 'BGPFilter', 'BGPPeer', 'IPPool'];

export function createKubernetesSurvey(
  { client, withApi }: Pick<Session, 'client' | 'withApi'>,
  seen: Seen,
): ClusterSurvey {
  return {
    survey: () => withApi((api) => surveyKubernetes(client, api, seen)),
    findNode: async (name) => {
      const node = await readNode(client, name);
      return node === undefined ? undefined : surveyedNodes([node])[0];
    },
    felixCheck: (name) =>
      withApi(async (api) => {
        const path = `/apis/${api.group}/felixconfigurations`;
        const { items } = await client.listWithStubs('list FelixConfigurations', path, {
          keep: (item) => textAt(item, 'spec', 'awsSrcDstCheck'),
          selectors: { fieldSelector: `metadata.name=${name}` },
        });
        return items[0];
      }),
    removeNode: (name) => {
      const message = `cannot remove Node "${name}": the cluster's Nodes are Kubernetes' own; kubectl delete node does it, once the machine is gone`;
      return Promise.reject(new AppError('not-found', message));
    },
  };
}

export async function surveyKubernetes(
  client: KubernetesClient,
  api: CalicoApi,
  seen: Seen,
): Promise<SurveyedCluster> {
  const [found, nodes, documents, blocks, felix] = await Promise.all([
    observeResources(client, api, seen),
    client.listWithStubs('list Nodes', '/api/v1/nodes', { keep: withoutBulk }),
    readDocuments(client, api),
    readBlocks(client, api),
    felixNames(client, api),
  ]);
  return {
    ...found,
    nodes: surveyedNodes(nodes.items),
    documents,
    blocks: blocks ?? [],
    ...(felix !== undefined && { felixConfigurations: felix }),
  };
}

/** undefined: not known, because the server has no such kind, or this user may not read it. */
async function felixNames(
  client: KubernetesClient,
  api: CalicoApi,
): Promise<readonly string[] | undefined> {
  try {
    const path = `/apis/${api.group}/felixconfigurations`;
    const keep = (item: unknown): string | undefined => textAt(item, 'metadata', 'name');
    return (await client.listWithStubs('list FelixConfigurations', path, { keep })).items;
  } catch (error) {
    if (error instanceof ApiRefusal && [403, 404].includes(error.status)) return undefined;
    throw error;
  }
}

/** undefined: not known, because the server has no such kind. */
export async function readBlocks(
  client: KubernetesClient,
  api: CalicoApi,
): Promise<readonly IpamBlock[] | undefined> {
  return listBlocks(client, api, (item) => parseIpamBlock(valueAt(item, 'spec')));
}

/** undefined: not known, as with the blocks. */
export async function readPoolUsage(
  client: KubernetesClient,
  api: CalicoApi,
  cidrs: readonly string[],
): Promise<readonly PoolUsage[] | undefined> {
  const uses = await listBlocks(client, api, (item) => blockUse(valueAt(item, 'spec')));
  return uses && poolUsageOf(cidrs, uses);
}

async function listBlocks<T>(
  client: KubernetesClient,
  { blocksPath }: CalicoApi,
  keep: (item: unknown) => T | undefined,
): Promise<readonly T[] | undefined> {
  if (blocksPath === undefined) return undefined;
  return (await client.list('list IPAMBlocks', blocksPath, keep)).items;
}

/** A Node without what fills most of its bytes: images, conditions, managed fields. */
function withoutBulk(item: unknown): unknown {
  if (!isMap(item)) return item;
  const metadata = valueAt(item, 'metadata');
  const { managedFields: _managed, ...kept } = isMap(metadata) ? metadata : {};
  return { ...item, metadata: kept, status: { addresses: valueAt(item, 'status', 'addresses') } };
}

function surveyedNodes(items: readonly unknown[]): readonly SurveyedNode[] {
  return readKubectlNodes(items).nodes.map(({ facts }, index) => ({
    name: facts.name,
    settings: nodeSettingsOf(items[index]),
    addresses: facts.addresses,
    labels: facts.labels,
  }));
}

async function readDocuments(
  client: KubernetesClient,
  api: CalicoApi,
): Promise<readonly unknown[]> {
  const lists = await Promise.all(
    documentKinds.map(async (kind) => {
      if (!api.has(kind)) return [];
      const items = await listKind(client, api, kind);
      // Issues name the objects that cannot be read.
      return flatMapInTurns(items, (item) =>
        whyUnreadable(item) === undefined ? [documentOf(kind, item)] : [],
      );
    }),
  );
  return lists.flat();
}
