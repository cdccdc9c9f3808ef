/** Loads the client of the cluster when it is first used: most agents never do. */
import type { Surroundings } from '../../../runtime/kubernetes/access/find-access.ts';
import type { Cluster } from '../../ports/platform/cluster.ts';
import type { ClusterSettings } from './cluster.ts';

export function createLateCluster(settings: ClusterSettings, surroundings: Surroundings): Cluster {
  let made: Promise<Cluster> | undefined;
  const make = async (): Promise<Cluster> => {
    const { createKubernetesCluster } = await import('./cluster.ts');
    return createKubernetesCluster(settings, surroundings);
  };
  const cluster = (): Promise<Cluster> => (made ??= make());
  return {
    nodes: async () => (await cluster()).nodes(),
    node: async (name) => (await cluster()).node(name),
    workload: async (object) => (await cluster()).workload(object),
    rollout: async (object) => (await cluster()).rollout(object),
    daemonSets: async (namespace) => (await cluster()).daemonSets(namespace),
    pods: async (question) => (await cluster()).pods(question),
    podsOutside: async (cidrs) => (await cluster()).podsOutside(cidrs),
    loadBalancers: async () => (await cluster()).loadBalancers(),
    counts: async () => (await cluster()).counts(),
    observe: async (edits, search) => (await cluster()).observe(edits, search),
    preflight: async (changes) =>
      changes.length === 0 ? [] : (await cluster()).preflight(changes),
    apply: async (change) => (await cluster()).apply(change),
    close: async () => {
      await (await made)?.close();
    },
  };
}
