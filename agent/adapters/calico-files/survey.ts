import { nameSome } from '../../../core/name-some.ts';
import type { Issue } from '../../../core/issue.ts';
import { surveyDocuments } from '../../../core/survey/survey-documents.ts';
import type { SurveyedCluster, SurveyedNode } from '../../../core/survey/surveyed-cluster.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { ClusterSurvey } from '../../ports/datastore/cluster-survey.ts';
import { listNodeFiles } from './folder/node-files.ts';
import type { ResourceFolder } from './folder/resource-folder.ts';

/** Surveys the folder as a cluster; a node without a document has the settings of its commands. */
export function createFilesSurvey(folder: string, documents: ResourceFolder): ClusterSurvey {
  return {
    survey: async (): Promise<SurveyedCluster> => {
      const found = surveyDocuments(await documents.readAll());
      const set = await listNodeFiles(folder);
      const settings = new Map(set.map((node) => [node.name, node.settings]));
      const written = found.nodes.map((node): SurveyedNode => {
        return { ...node, settings: settings.get(node.name) ?? node.settings };
      });
      const known = new Set(written.map(({ name }) => name));
      const others = set
        .filter(({ name }) => !known.has(name))
        .map((node): SurveyedNode => ({ ...node, addresses: [], labels: {} }));
      return {
        ...found,
        nodes: [...written, ...others],
        issues: [...found.issues, ...otherIssues(await documents.others())],
      };
    },
    removeNode: (name) => Promise.reject(notHere(name)),
  };
}

/** Names files and folders that are not read, because their owner may expect it. */
function otherIssues(names: readonly string[]): readonly Issue[] {
  const folders = names.filter((name) => name.endsWith('/'));
  const files = names.filter((name) => !name.endsWith('/'));
  return [
    ...named(folders, 'warning', 'folders in this folder', 'export each of them by itself'),
    ...named(files, 'note', 'files that end neither with .yaml, .yml nor .json'),
  ];
}

function named(
  names: readonly string[],
  severity: Issue['severity'],
  what: string,
  hint?: string,
): readonly Issue[] {
  if (names.length === 0) return [];
  const message = `not read: ${what} (${nameSome(names)})`;
  const rest = hint === undefined ? {} : { hint };
  return [{ severity, code: 'export-not-read', pointer: '', message, ...rest }];
}

function notHere(name: string): AppError {
  const reason = 'the files driver has no Nodes; delete it in the cluster with calicoctl';
  return new AppError('bad-request', `cannot remove node "${name}": ${reason}`);
}
