import { byText } from '../by-text.ts';
import { onNode, type Issue } from '../issue.ts';
import { printable } from '../printable.ts';
import type { DesiredNode } from '../render/desired.ts';
import { diffNode, type NodeDifference } from './diff/diff-node.ts';
import type { ObservedNode } from '../observe/observed.ts';
import type { ClusterAs } from './cluster-as.ts';
import { unreadableNode } from './unreadable-node.ts';

export interface PlannedNodes {
  readonly differences: readonly NodeDifference[];
  readonly issues: readonly Issue[];
}

/**
 * The patches of Nodes. A Node that the datastore does not have is never made: the agent waits for
 * it.
 */
export function planNodes(
  desired: readonly DesiredNode[],
  observed: readonly ObservedNode[],
  clusterAs: ClusterAs,
): PlannedNodes {
  const known = new Map(observed.map((node) => [node.name, node]));
  const planned = desired
    .toSorted((one, other) => byText(one.name, other.name))
    .map((node) => {
      const found = known.get(node.name);
      const difference = diffNode(node, found, clusterAs);
      const isMissing = found?.exists === false;
      const isWanting = isMissing && Object.keys(difference).length > 0;
      return {
        differences: isMissing ? [] : [difference],
        issues: isWanting ? [unreadableNode(found) ?? missing(node.name)] : [],
      };
    });
  return {
    differences: planned.flatMap(({ differences }) => differences),
    issues: planned.flatMap(({ issues }) => issues),
  };
}

function missing(name: string): Issue {
  const message = `Node "${printable(name)}" is not in the datastore yet; the agent patches it when it is there`;
  const hint =
    'calico-node makes it when it starts; check that it runs, and that the name is spelled as the cluster has it';
  return onNode({ severity: 'warning', code: 'node-missing', pointer: '', message, hint }, name);
}
