import { pathPart } from '../../../../core/input/path-part.ts';
import { parseNode } from '../../../../core/platform/cluster/parse-node.ts';
import type { ClusterNode } from '../../../../core/platform/cluster/observed-cluster.ts';
import { printable } from '../../../../core/printable.ts';
import type { Reader } from '../reader.ts';

export function readNodes(reader: Reader): Promise<readonly ClusterNode[]> {
  return reader.list('list the nodes', '/api/v1/nodes', parseNode);
}

export async function readNode(reader: Reader, name: string): Promise<ClusterNode | undefined> {
  const what = `read Node "${printable(name)}"`;
  return parseNode(await reader.find(what, `/api/v1/nodes/${pathPart(name)}`));
}
