/** Reads the whole cluster. */
import { readKubectlNodes } from '../../../core/facts/kubectl-nodes.ts';
import { whyUnreadable } from '../../../core/input/deep-items.ts';
import { isMap, textAt, valueAt } from '../../../core/input/plain-data.ts';
import type { PoolUsage } from '../../../core/observe/observed.ts';
import { blockUse, parseIpamBlock, poolUsageOf } from '../../../core/survey/ipam-block.ts';
import { keptDocument } from '../../../core/survey/kept-document.ts';
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
import { passingReading, ReadingBudget } from '../../../runtime/pacing/reading-budget.ts';
import type { CalicoApi, CalicoKind } from './calico-api.ts';
import { nodeSettingsOf } from './objects/node-settings.ts';
import { foundIn, listKind, observeItem, readNode, type Found } from './observe.ts';
import { documentOf } from './objects/v3-document.ts';

const documentKinds: readonly CalicoKind[] = ['BGPConfiguration', 'BGPFilter', 'BGPPeer', 'IPPool'];

export function createKubernetesSurvey({
  client,
  withApi,
}: Pick<Session, 'client' | 'withApi'>): ClusterSurvey {
  return {
    survey: () => withApi((api) => surveyKubernetes(client, api)),
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
): Promise<SurveyedCluster> {
  const budget = new ReadingBudget(passingReading);
  const [objects, nodes, blocks, felix] = await Promise.all([
    readObjects(client, api, budget),
    client.listWithStubs('list Nodes', '/api/v1/nodes', { keep: withoutBulk, budget }),
    readBlocks(client, api, budget),
    felixNames(client, api, budget),
  ]);
  return {
    ...foundIn(objects.flatMap(({ found }) => found ?? [])),
    nodes: surveyedNodes(nodes.items),
    documents: objects.flatMap(({ item }) => item ?? []),
    blocks: blocks ?? [],
    ...(felix !== undefined && { felixConfigurations: felix }),
  };
}

/** undefined: not known, because the server has no such kind, or this user may not read it. */
async function felixNames(
  client: KubernetesClient,
  api: CalicoApi,
  budget: ReadingBudget,
): Promise<readonly string[] | undefined> {
  try {
    const path = `/apis/${api.group}/felixconfigurations`;
    const keep = (item: unknown): string | undefined => textAt(item, 'metadata', 'name');
    return (await client.listWithStubs('list FelixConfigurations', path, { keep, budget })).items;
  } catch (error) {
    if (error instanceof ApiRefusal && [403, 404].includes(error.status)) return undefined;
    throw error;
  }
}

/** undefined: not known, because the server has no such kind. */
export async function readBlocks(
  client: KubernetesClient,
  api: CalicoApi,
  budget?: ReadingBudget,
): Promise<readonly IpamBlock[] | undefined> {
  return listBlocks(client, api, (item) => parseIpamBlock(valueAt(item, 'spec')), budget);
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
  budget?: ReadingBudget,
): Promise<readonly T[] | undefined> {
  if (blocksPath === undefined) return undefined;
  return (await client.list('list IPAMBlocks', blocksPath, keep, budget)).items;
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

/** Of one object: the document has the resource's texts. Issues name the ones that cannot be read. */
interface Part {
  readonly found?: Found;
  readonly item?: unknown;
}

async function readObjects(
  client: KubernetesClient,
  api: CalicoApi,
  budget: ReadingBudget,
): Promise<readonly Part[]> {
  const lists = await Promise.all(
    documentKinds.map(async (kind) => {
      if (!api.has(kind)) return [];
      return listKind(client, api, kind, {
        budget,
        keep: (item): Part => {
          const isReadable = whyUnreadable(item) === undefined;
          const document = isReadable ? keptDocument(documentOf(kind, item)) : undefined;
          return {
            ...(document !== undefined && { item: document }),
            ...(kind !== 'BGPFilter' && { found: observeItem(kind, item, api.group) }),
          };
        },
      });
    }),
  );
  return lists.flat();
}
