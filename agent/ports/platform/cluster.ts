import type { Issue } from '../../../core/issue.ts';
import type { ClusterChange } from '../../../core/platform/cluster/cluster-change.ts';
import type { ClusterEdit } from '../../../core/platform/cluster/cluster-edit.ts';
import type { ObjectRef } from '../../../core/platform/cluster/object-ref.ts';
import type {
  ClusterCounts,
  ClusterNode,
  ClusterPod,
  ObservedCluster,
  ObservedLoadBalancers,
  PodsOfController,
  RolloutState,
  Workload,
} from '../../../core/platform/cluster/observed-cluster.ts';

/**
 * The Kubernetes cluster itself, beside Calico's datastore. It connects when it is first used. Each method
 * has a deadline and bounded answers, and throws AppError datastore-failed (retryable) where the API server
 * does not answer; where it refuses a right, the message names the right.
 */
export interface Cluster {
  nodes(): Promise<readonly ClusterNode[]>;
  /** Undefined: there is no such Node. */
  node(name: string): Promise<ClusterNode | undefined>;
  /** Undefined: there is no such DaemonSet or Deployment. */
  workload(object: ObjectRef): Promise<Workload | undefined>;
  /** How far a rollout is, with the pods that hold it up. */
  rollout(object: ObjectRef): Promise<RolloutState>;
  /** The DaemonSets of these namespaces, or of all. */
  daemonSets(namespace?: string): Promise<readonly Workload[]>;
  /** The pods that a label selector finds, on one node or on all. */
  pods(question: PodQuestion): Promise<readonly ClusterPod[]>;
  /** The pods that have an address of their own outside of these CIDRs, by controller. */
  podsOutside(cidrs: readonly string[]): Promise<readonly PodsOfController[]>;
  loadBalancers(): Promise<ObservedLoadBalancers>;
  /** The number of objects that a change of the CNI would take away. */
  counts(): Promise<ClusterCounts>;
  /**
   * Reads what the edits are about, with dry runs. Changes nothing.
   * @param search also for all other objects that calico-agent changed or made, of every kind that this user may list
   */
  observe(edits: readonly ClusterEdit[], search: boolean): Promise<ObservedCluster>;
  /** Finds changes that the server would refuse, without changing anything. */
  preflight(changes: readonly ClusterChange[]): Promise<readonly Issue[]>;
  /**
   * Carries out one change. A rollout is begun, not awaited. Doing it again after it was done, or half
   * done, is no fault.
   * @throws AppError datastore-conflict (retryable: observe again) where somebody wrote meanwhile,
   *   invalid-config where the server refuses the object, apply-failed where pods do not come back
   */
  apply(change: ClusterChange): Promise<void>;
  close(): Promise<void>;
}

export interface PodQuestion {
  readonly namespace?: string;
  /** `k8s-app=kube-dns`. */
  readonly selector?: string;
  readonly node?: string;
}
