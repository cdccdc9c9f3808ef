import { textAt } from '../../../core/input/plain-data.ts';
import { resourceKinds } from '../../../core/calico/resource.ts';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { freeNameBytes, weighSharing, weightOf } from '../../../core/input/weight.ts';
import { keptDocument } from '../../../core/survey/kept-document.ts';
import type { SurveyedCluster, SurveyedNode } from '../../../core/survey/surveyed-cluster.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { EtcdClient } from '../../../runtime/etcd/etcd-client.ts';
import type { KeptPart, StoredKey } from '../../../runtime/etcd/keys.ts';
import type { ClusterSurvey } from '../../ports/datastore/cluster-survey.ts';
import { felixPrefix, keyOf, kindPrefix } from './keys.ts';
import { nodeFactsOf } from './objects/node-object.ts';
import { foundIn, nameOf, observeNode, readBlocks, type Found } from './observe.ts';
import { removeNode } from './ipam/remove-node.ts';
import { faultOfNode, observeKey, whenParsed, type RawObject } from './objects/stored-object.ts';
import { finishInTurns } from '../../../runtime/pacing/in-turns.ts';
import { passingReading, ReadingBudget } from '../../../runtime/pacing/reading-budget.ts';

export function createEtcdSurvey(client: EtcdClient): ClusterSurvey {
  return {
    survey: async () => {
      const budget = new ReadingBudget(passingReading);
      const [found, felix, blocks] = await Promise.all([
        readObjects(client, budget),
        felixNames(client, budget),
        readBlocks(client, budget),
      ]);
      return {
        ...found,
        ...(felix !== undefined && { felixConfigurations: felix }),
        blocks,
      };
    },
    findNode: async (name) => {
      const { ranges } = await client.read([{ key: keyOf('Node', name) }]);
      const [stored] = ranges.flat();
      return stored && whenParsed(stored.value, (raw) => surveyedNode(stored, raw));
    },
    felixCheck: async (name) => {
      const { ranges } = await client.read([{ key: felixPrefix + name }]);
      const [stored] = ranges.flat();
      if (stored === undefined) return undefined;
      return whenParsed(stored.value, (raw) => textAt(raw, 'spec', 'awsSrcDstCheck'));
    },
    removeNode: (name, version) => removeNode(client, name, version),
  };
}

const most = jsonBounds.object.maxValues;
const surveyedKinds = [...resourceKinds, 'BGPFilter', 'Node'] as const;

/** Of one key. */
interface Part {
  readonly found?: Found;
  readonly document?: unknown;
  readonly node?: SurveyedNode;
}

/** Each value is parsed once: the resource and the document share its texts. */
async function readObjects(
  client: EtcdClient,
  budget: ReadingBudget,
): Promise<Pick<SurveyedCluster, 'resources' | 'taken' | 'nodes' | 'documents'>> {
  const { ranges } = await client.readParts<Part>(
    surveyedKinds.map((kind) => ({ prefix: kindPrefix(kind) })),
    (range) => async (stored) =>
      whenParsed(stored.value, (raw) => kept(surveyedKinds[range], stored, raw)),
    { budget },
  );
  const parts = ranges.flat();
  return {
    ...foundIn(parts.flatMap(({ found }) => found ?? [])),
    nodes: parts.flatMap(({ node }) => node ?? []),
    documents: parts.flatMap(({ document }) => document ?? []),
  };
}

async function kept(
  kind: (typeof surveyedKinds)[number] | undefined,
  stored: StoredKey,
  raw: RawObject | undefined,
): Promise<KeptPart<Part> | undefined> {
  if (kind === 'Node') {
    const node = surveyedNode(stored, raw);
    return node && { part: { node }, bytes: weightOf(node, most, freeNameBytes).bytes };
  }
  const document = keptDocument(raw);
  if (kind === undefined || kind === 'BGPFilter') {
    return { part: { document }, bytes: weightOf(document, most, freeNameBytes).bytes };
  }
  const found = observeKey(kind, nameOf(kind, stored), stored, raw);
  const weight = await finishInTurns(weighSharing(found, document, most));
  return { part: { document, found }, bytes: weight.bytes };
}

/**
 * undefined: the agent's role is from an older version, and may not read them. Any other failure is
 * reported by the other reads.
 */
async function felixNames(
  client: EtcdClient,
  budget: ReadingBudget,
): Promise<readonly string[] | undefined> {
  const keep = ({ key }: StoredKey): KeptPart<string> => {
    const part = key.slice(felixPrefix.length);
    return { part, bytes: weightOf(part, 1).bytes };
  };
  try {
    return (
      await client.readParts([{ prefix: felixPrefix }], () => keep, { budget })
    ).ranges.flat();
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

/** undefined: the Node cannot be read. */
function surveyedNode(stored: StoredKey, raw: RawObject | undefined): SurveyedNode | undefined {
  const name = nameOf('Node', stored);
  if (faultOfNode(name, raw) !== undefined || raw === undefined) return undefined;
  return { ...observeNode(name, stored, raw), ...nodeFactsOf(raw), version: stored.modified };
}
