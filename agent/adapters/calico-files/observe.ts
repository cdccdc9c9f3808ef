import { observedResource } from '../../../core/observe/observed-resource.ts';
import type { Observed } from '../../../core/observe/observed.ts';
import type { NodeFiles } from './folder/node-files.ts';
import type { ResourceFolder } from './folder/resource-folder.ts';

/** Observes the folder's resources, and the settings of this node so far. */
export async function observeFiles(
  documents: ResourceFolder,
  nodes: NodeFiles,
  node: string,
): Promise<Observed> {
  const found = await documents.read();
  return {
    resources: found.map(({ resource }) => observedResource(resource)),
    nodes: [{ name: node, settings: await nodes.read(node) }],
  };
}
