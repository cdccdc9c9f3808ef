/** Reads Calico's pods and workloads of all namespaces, for doctor. */
import {
  calicoPodSelector,
  parseCalicoPod,
  parseCalicoTemplate,
} from '../../../core/platform/images/running.ts';
import type { Surroundings } from '../../../runtime/kubernetes/access/find-access.ts';
import { createKubernetesClient } from '../../../runtime/kubernetes/client.ts';
import type { RunningImages } from '../../ports/platform/running-images.ts';
import type { ClusterSettings } from './cluster.ts';
import { collectionPath, createReader } from './reader.ts';

const concurrency = 4;
const timeoutMs = 6000;

export function createRunningImages(
  settings: ClusterSettings,
  surroundings: Surroundings,
): RunningImages {
  const client = createKubernetesClient({ ...settings, concurrency, timeoutMs }, surroundings);
  const reader = createReader(client);
  return {
    read: async () => {
      const selectors = { labelSelector: calicoPodSelector };
      const [pods, ...templates] = await Promise.all([
        reader.list("list Calico's pods", '/api/v1/pods', parseCalicoPod, selectors),
        ...(['DaemonSet', 'Deployment'] as const).map((kind) =>
          reader.list(
            `list Calico's ${kind}s`,
            collectionPath(kind, undefined),
            parseCalicoTemplate,
            selectors,
          ),
        ),
      ]);
      return { pods, templates: templates.flat() };
    },
    close: () => client.close(),
  };
}
