import { textAt } from '../../../core/input/plain-data.ts';
import { resourceKinds } from '../../../core/calico/resource.ts';
import type { SurveyedNode } from '../../../core/survey/surveyed-cluster.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { EtcdClient } from '../../../runtime/etcd/etcd-client.ts';
import type { StoredKey } from '../../../runtime/etcd/keys.ts';
import { flatMapInTurns } from '../../../runtime/pacing/in-turns.ts';
import type { ClusterSurvey } from '../../ports/datastore/cluster-survey.ts';
import { felixPrefix, keyOf, kindPrefix } from './keys.ts';
import { nodeFactsOf } from './objects/node-object.ts';
import { observeNode, observeResources, readBlocks } from './observe.ts';
import { removeNode } from './ipam/remove-node.ts';
import { faultOfNode, whenParsed } from './objects/stored-object.ts';
import { passingReading } from '../../../runtime/pacing/reading-budget.ts';

export function createEtcdSurvey(client: EtcdClient): ClusterSurvey {
  return {
    survey: async () => {
      const [{ ranges }, felix, blocks] = await Promise.all([
        client.read(
          [...resourceKinds, 'BGPFilter' as const, 'Node' as const].map((kind) => ({
            prefix: kindPrefix(kind),
          })),
          { mostBytes: passingReading },
        ),
        felixNames(client),
        readBlocks(client),
      ]);
      const nodes = ranges.at(-1) ?? [];
      return {
        ...(await observeResources(ranges)),
        nodes: await flatMapInTurns(nodes, surveyedNode),
        documents: await flatMapInTurns(ranges.slice(0, -1).flat(), documentOf),
        ...(felix !== undefined && { felixConfigurations: felix }),
        blocks,
      };
    },
    findNode: async (name) => {
      const { ranges } = await client.read([{ key: keyOf('Node', name) }]);
      return (await flatMapInTurns(ranges.flat(), surveyedNode))[0];
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

/**
 * undefined: the agent's role is from an older version, and may not read them. Any other failure is
 * reported by the other reads.
 */
async function felixNames(client: EtcdClient): Promise<readonly string[] | undefined> {
  try {
    const { ranges } = await client.read([{ prefix: felixPrefix }]);
    return ranges.flat().map(({ key }) => key.slice(felixPrefix.length));
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

/** Leaves out a Node that cannot be read. */
function surveyedNode(stored: StoredKey): SurveyedNode[] | Promise<SurveyedNode[]> {
  const name = stored.key.slice(kindPrefix('Node').length);
  return whenParsed(stored.value, (raw) => {
    if (faultOfNode(name, raw) !== undefined || raw === undefined) return [];
    return [{ ...observeNode(name, stored, raw), ...nodeFactsOf(raw), version: stored.modified }];
  });
}

function documentOf({ value }: StoredKey): readonly unknown[] | Promise<readonly unknown[]> {
  return whenParsed(value, (raw) => (raw === undefined ? [] : [raw]));
}
