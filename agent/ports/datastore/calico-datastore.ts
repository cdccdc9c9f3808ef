import type { Issue } from '../../../core/issue.ts';
import type { Step } from '../../../core/plan/plan.ts';
import type { LeftBlock, Observed, PoolUsage } from '../../../core/observe/observed.ts';
import type { RevisionRef } from '../../../core/revision/revision.ts';
import type { Fence } from './writer-lease.ts';

/** Where Calico's resources live. One contract suite runs against every implementation. */
export interface CalicoDatastore {
  readonly driver: 'files' | 'etcd' | 'kubernetes' | 'memory' | 'none';
  /** False where writing reaches no cluster: the files driver. */
  readonly reachesCluster: boolean;
  /** For the status: what writing here means, in one sentence. No secrets. */
  readonly message: string;
  /** A step of at most so many changes is applied wholly or not at all. Absent: no such promise. */
  readonly atomicChanges?: number | undefined;
  /** Everything that a plan could change: all pools, BGPConfigurations and BGPPeers, and this node. */
  observe(node: string): Promise<Observed>;
  /** Addresses in use out of these networks, for pools that may go; undefined: nobody can tell. */
  poolUsage(cidrs: readonly string[]): Promise<readonly PoolUsage[] | undefined>;
  /** IPAM's blocks; undefined: nobody can tell. Absent: there are none. */
  blocks?(): Promise<readonly LeftBlock[] | undefined>;
  /**
   * Whether this is Calico's datastore at all, asked before something is written: an issue with the
   * code `calico-absent` where Calico has left nothing of its own. Absent: nobody needs to ask.
   */
  checkCalico?(): Promise<readonly Issue[]>;
  /**
   * What of these steps the datastore would refuse, found without changing anything: a field that
   * its release lacks, another manager's field. Empty: it would take them as things are.
   */
  preflight(steps: readonly Step[], revision: RevisionRef): Promise<readonly Issue[]>;
  /**
   * Carries out the changes of one step, in their order, stamped as the revision's. A step that was
   * cut off may be applied again: what is already so stays so. A change with a version is refused
   * where the object has another one by now. What we do not know of an object stays.
   * @param fence needed for changes of cluster scope, where the datastore has one
   * @throws AppError datastore-failed (`retryable` where waiting may help), datastore-conflict and
   *   writer-lease-lost (retryable: look again)
   */
  apply(step: Step, revision: RevisionRef, fence?: Fence): Promise<void>;
  /** Tells what changes from now on, until it is stopped; reconnects by itself, and never throws. */
  watch(node: string, listener: WatchListener): DatastoreWatch;
  close(): Promise<void>;
}

/** What somebody changed; our own writes come along as well. */
export type DatastoreEvent =
  | {
      readonly type: 'object';
      readonly kind: string;
      readonly name: string;
      /** Whose scope it belongs to, where that is known: other nodes' scopes do not concern this node. */
      readonly ofNode?: string;
    }
  /** Anything may have changed: the watch begins, or events were lost. */
  | { readonly type: 'anything' };

export interface WatchListener {
  changed(event: DatastoreEvent): void;
  /** The watch does not work now; it goes on trying. Said once until it is back. */
  failing(reason: string): void;
}

export interface DatastoreWatch {
  stop(): Promise<void>;
}
