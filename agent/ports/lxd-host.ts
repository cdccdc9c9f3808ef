import type { Issue } from '../../core/issue.ts';
import type { ContainerId, ObservedContainer, ObservedLxd } from '../../core/lxd/observed-lxd.ts';
import type { LxdChange } from '../../core/plan/plan.ts';

/** A machine with LXD: its profiles, its containers, and the host's parts that they use. */
export interface LxdHost {
  /** @throws AppError datastore-failed (retryable) if LXD exists but does not answer */
  observe(): Promise<ObservedLxd>;
  /** Finds changes that need something that the host lacks, without changing anything. */
  preflight(changes: readonly LxdChange[]): Promise<readonly Issue[]>;
  /**
   * Carries out one change. A profile must still be as the plan observed it.
   * @throws AppError datastore-conflict (retryable: observe again) where somebody wrote meanwhile,
   *   datastore-failed (`retryable` where waiting may help), invalid-config where LXD refuses it
   */
  apply(change: LxdChange): Promise<void>;
  /** Observes one container now; undefined: it is gone. @throws AppError */
  look(container: ContainerId): Promise<ObservedContainer | undefined>;
  /**
   * Shuts the container down, within that time, and starts it again. Uses no force: a container
   * that does not shut down runs on.
   * @throws AppError apply-failed where it does not restart, datastore-failed where LXD does not
   * answer
   */
  restart(container: ContainerId, timeoutSeconds: number): Promise<void>;
  /** @throws AppError as restart */
  start(container: ContainerId): Promise<void>;
  /** The health of a calico-agent in a running container, by its own status; never throws. */
  agentInside(container: ObservedContainer): Promise<InnerAgent>;
}

/** none: no agent answers there. */
export type InnerAgent = 'healthy' | 'unhealthy' | 'none';
