import type { Issue } from '../../../core/issue.ts';
import type { Step } from '../../../core/plan/plan.ts';
import type { LeftBlock, Observed, PoolUsage } from '../../../core/observe/observed.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { Fence } from './writer-lease.ts';

/** The datastore of Calico's resources. One contract suite runs against every implementation. */
export interface CalicoDatastore {
  readonly driver: 'files' | 'etcd' | 'kubernetes' | 'memory' | 'none';
  /** False for the files driver, whose writes reach no cluster. */
  readonly reachesCluster: boolean;
  /** For the status: where the writes go, in one sentence. No secrets. */
  readonly message: string;
  /** The most changes of a step that is applied wholly or not at all; absent: no such promise. */
  readonly atomicChanges?: number | undefined;
  /**
   * Reads everything that a plan could change: all pools, BGPConfigurations and BGPPeers, and this
   * node.
   */
  observe(node: string): Promise<Observed>;
  /**
   * The addresses in use of these networks, for pools that a plan may delete; undefined: not known.
   */
  poolUsage(cidrs: readonly string[]): Promise<readonly PoolUsage[] | undefined>;
  /** IPAM's blocks; undefined: not known. Absent: there are none. */
  blocks?(): Promise<readonly LeftBlock[] | undefined>;
  /**
   * Checks before the first write that Calico uses this datastore: gives an issue with the code
   * `calico-absent` if it has no data of Calico. Absent: no check is needed.
   */
  checkCalico?(): Promise<readonly Issue[]>;
  /**
   * Finds changes that the datastore would refuse, without changing anything: a field that its
   * release lacks, another manager's field. Empty: it would accept the steps now.
   */
  preflight(steps: readonly Step[], revision: RevisionRef): Promise<readonly Issue[]>;
  /**
   * Carries out the changes of one step, in their order, stamped as the revision's. An interrupted
   * step may be applied again: changes that are already made stay. A change with a version is
   * refused if the object has another one by now. Unknown fields of an object stay.
   * @param fence needed for changes of cluster scope, where the datastore has one
   * @throws AppError datastore-failed (`retryable` where waiting may help), datastore-conflict and
   *   writer-lease-lost (retryable: observe again)
   */
  apply(step: Step, revision: RevisionRef, fence?: Fence): Promise<void>;
  /** Reports changes from now on, until it is stopped; reconnects by itself, and never throws. */
  watch(node: string, listener: WatchListener): DatastoreWatch;
  close(): Promise<void>;
}

/** A change by anybody, also by this agent. */
export type DatastoreEvent =
  | {
      readonly type: 'object';
      readonly kind: string;
      readonly name: string;
      /**
       * The node to whose scope it belongs, if known: other nodes' scopes do not concern this node.
       */
      readonly ofNode?: string;
    }
  /** Anything may have changed: the watch begins, or events were lost. */
  | { readonly type: 'anything' };

export interface WatchListener {
  changed(event: DatastoreEvent): void;
  /** Called once when the watch stops working; it goes on trying by itself. */
  failing(reason: string): void;
}

export interface DatastoreWatch {
  stop(): Promise<void>;
}
