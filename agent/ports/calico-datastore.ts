import type { Observed, Step } from '../../core/plan/plan.ts';
import type { RevisionRef } from '../../core/revision/revision.ts';

/** Where Calico's resources live. One contract suite runs against every implementation. */
export interface CalicoDatastore {
  /** `files`, `etcd`, `kubernetes`, `memory`. */
  readonly driver: string;
  /** False where writing reaches no cluster: the files driver. */
  readonly reachesCluster: boolean;
  /** For the status: what writing here means, in one sentence. */
  readonly message: string;
  /** Everything that a plan could change: all pools, BGPConfigurations and BGPPeers, and this node. */
  observe(node: string): Promise<Observed>;
  /**
   * Carries out the changes of one step, in their order, stamped as the revision's. A step that was
   * cut off may be applied again: what is already so stays so.
   * @throws DatastoreError; `retryable` where waiting may help.
   */
  apply(step: Step, revision: RevisionRef): Promise<void>;
}
