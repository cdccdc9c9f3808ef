import { ownerOf } from '../../../core/render/ownership.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { ClusterSurvey } from '../../ports/cluster-survey.ts';
import { listNodeFiles } from './node-files.ts';
import type { ResourceFolder } from './resource-folder.ts';

/** What the folder says of a cluster: of the nodes only what was set on them. */
export function createFilesSurvey(folder: string, documents: ResourceFolder): ClusterSurvey {
  return {
    survey: async () => {
      const found = await documents.read();
      return {
        resources: found.map(({ resource }) => {
          const owner = ownerOf(resource);
          return owner === undefined ? { resource } : { resource, owner };
        }),
        nodes: (await listNodeFiles(folder)).map((node) => ({
          ...node,
          addresses: [],
          labels: {},
        })),
        documents: await documents.readAllRaw(),
        blocks: [],
      };
    },
    removeNode: (name) => Promise.reject(notHere(name)),
  };
}

function notHere(name: string): AppError {
  const reason = 'the files driver has no Nodes; delete it in the cluster with calicoctl';
  return new AppError('bad-request', `cannot remove node "${name}": ${reason}`);
}
