/** A look at the whole cluster. */
import { readKubectlNodes } from '../../../core/facts/kubectl-nodes.ts';
import { isMap, textAt, textMapAt, valueAt } from '../../../core/facts/plain-data.ts';
import { printable } from '../../../core/printable.ts';
import { movedAnnotation } from '../../../core/render/moved-metadata.ts';
import { parseIpamBlock } from '../../../core/survey/ipam-block.ts';
import type {
  IpamBlock,
  SurveyedCluster,
  SurveyedNode,
} from '../../../core/survey/surveyed-cluster.ts';
import type { KubernetesClient } from '../../../runtime/kubernetes/client.ts';
import type { CalicoApi, CalicoKind } from './calico-api.ts';
import { nodeSettingsOf } from './node-settings.ts';
import { listKind, observeResources, type Seen } from './observe.ts';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { jsonValue } from '../../../core/input/parse-json.ts';

const documentKinds: readonly CalicoKind[] = ['BGPConfiguration', 'BGPFilter', 'BGPPeer', 'IPPool'];

export async function surveyCluster(
  client: KubernetesClient,
  api: CalicoApi,
  seen: Seen,
): Promise<SurveyedCluster> {
  const [found, nodes, documents, blocks] = await Promise.all([
    observeResources(client, api, seen),
    client.list('list Nodes', '/api/v1/nodes'),
    readDocuments(client, api),
    readBlocks(client, api),
  ]);
  return { ...found, nodes: surveyedNodes(nodes.items), documents, blocks: blocks ?? [] };
}

export async function findSurveyedNode(
  client: KubernetesClient,
  name: string,
): Promise<SurveyedNode | undefined> {
  const path = `/api/v1/nodes/${encodeURIComponent(name)}`;
  const node = await client.find(`read Node "${printable(name)}"`, path);
  return node === undefined ? undefined : surveyedNodes([node])[0];
}

/** undefined: the server has no such kind, so nobody can tell. */
export async function readBlocks(
  client: KubernetesClient,
  { blocksPath }: CalicoApi,
): Promise<readonly IpamBlock[] | undefined> {
  if (blocksPath === undefined) return undefined;
  const { items } = await client.list('list IPAMBlocks', blocksPath);
  return items.flatMap((item) => parseIpamBlock(valueAt(item, 'spec')) ?? []);
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
      return (await listKind(client, api, kind)).map((item) => documentOf(kind, item));
    }),
  );
  return lists.flat();
}

/** In the form of projectcalico.org/v3: metadata that calicoctl moved into an annotation is where it belongs. */
function documentOf(kind: CalicoKind, item: unknown): unknown {
  const metadata = valueAt(item, 'metadata');
  const { [movedAnnotation]: moved, ...annotations } = textMapAt(metadata, 'annotations');
  const document = isMap(item) ? item : {};
  const kept = isMap(metadata) ? metadata : {};
  const { managedFields: _managed, ...rest } = kept;
  const back = moved === undefined ? undefined : jsonValue(moved, jsonBounds.annotation);
  const labels = { ...textMapAt(metadata, 'labels'), ...textMapAt(back, 'labels') };
  const allAnnotations = { ...annotations, ...textMapAt(back, 'annotations') };
  const name = textAt(metadata, 'name') ?? '';
  const whole = { ...rest, name, labels, annotations: allAnnotations };
  return { ...document, apiVersion: 'projectcalico.org/v3', kind, metadata: whole };
}
