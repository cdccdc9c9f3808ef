/** The Kubernetes cluster beside Calico's datastore: nodes, workloads, pods, and objects of platforms. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from '../../ports/platform/cluster.ts';
import { createKubernetesClient } from '../../../runtime/kubernetes/client.ts';
import type {
  AccessSettings,
  Surroundings,
} from '../../../runtime/kubernetes/access/find-access.ts';
import { observeEdits } from './observe-edits.ts';
import { preflightChanges } from './preflight.ts';
import { readCounts } from './read/counts.ts';
import { readLoadBalancers } from './read/load-balancers.ts';
import { readNode, readNodes } from './read/nodes.ts';
import { podsOutside, readPods } from './read/pods.ts';
import { readDaemonSets, readWorkload } from './read/workloads.ts';
import { createReader, type Reader } from './reader.ts';
import { applyObject, deleteObject, endRollout } from './write/apply-object.ts';
import { deletePods } from './write/delete-pods.ts';
import { createRolloutReading, rollOut } from './write/roll-out.ts';
import type { Waiting } from './write/waiting.ts';

export interface ClusterSettings extends AccessSettings {
  readonly concurrency?: number;
  readonly timeoutSeconds?: number;
}

const defaultConcurrency = 8;
const defaultTimeoutSeconds = 10;

/** @param waiting clocks, which tests replace */
export function createKubernetesCluster(
  settings: ClusterSettings,
  surroundings: Surroundings,
  waiting: Waiting = systemWaiting,
): Cluster {
  const { concurrency = defaultConcurrency, timeoutSeconds = defaultTimeoutSeconds } = settings;
  const client = createKubernetesClient(
    { ...settings, concurrency, timeoutMs: timeoutSeconds * 1000 },
    surroundings,
  );
  const reader: Reader = createReader(client);
  return {
    nodes: () => readNodes(reader),
    node: (name) => readNode(reader, name),
    workload: (object) => readWorkload(reader, object),
    rollout: createRolloutReading(reader, waiting),
    daemonSets: (namespace) => readDaemonSets(reader, namespace),
    pods: (question) => readPods(reader, question),
    podsOutside: (cidrs) => podsOutside(reader, cidrs),
    loadBalancers: () => readLoadBalancers(reader),
    counts: () => readCounts(reader),
    observe: (edits, search) => observeEdits(reader, edits, search),
    preflight: (changes) => preflightChanges(reader, changes),
    apply: async (change) => {
      switch (change.action) {
        case 'apply-object':
          return applyObject(reader, change, { dryRun: false });
        case 'delete-object':
          return deleteObject(reader, change, { dryRun: false });
        case 'rollout':
          return rollOut(reader, change, { dryRun: false });
        case 'end-rollout':
          return endRollout(reader, change.workload, { dryRun: false });
        case 'delete-pods':
          return deletePods(reader, change, waiting);
      }
    },
    close: () => client.close(),
  };
}

const systemWaiting: Waiting = {
  pause: async (milliseconds) => {
    await pause(milliseconds);
  },
  monotonic: () => performance.now(),
  random: Math.random,
};
