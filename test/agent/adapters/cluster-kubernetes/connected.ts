/** The cluster's adapter over a test's API server, with quick pauses. */
import { createKubernetesCluster } from '../../../../agent/adapters/cluster-kubernetes/cluster.ts';
import type { Cluster } from '../../../../agent/ports/platform/cluster.ts';

/** @param paused called in each pause between two questions, in place of what the cluster would do meanwhile */
export function connectCluster(
  kubeconfig: string,
  {
    context,
    paused = () => Promise.resolve(),
  }: { context?: string; paused?: () => Promise<void> } = {},
): Cluster {
  let nowMs = 0;
  const waiting = {
    pause: async (milliseconds: number): Promise<void> => {
      nowMs += milliseconds;
      await paused();
    },
    monotonic: () => nowMs,
    random: () => 0.5,
  };
  const settings = { kubeconfig, ...(context !== undefined && { context }) };
  return createKubernetesCluster(settings, { environment: {}, root: '/' }, waiting);
}
