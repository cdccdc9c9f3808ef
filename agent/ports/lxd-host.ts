import type { Issue } from '../../core/issue.ts';
import type { ContainerId, ObservedContainer, ObservedLxd } from '../../core/lxd/observed-lxd.ts';
import type { LxdChange } from '../../core/plan/plan.ts';

/** A machine with LXD on it: profiles, containers, and what they are shown of the host. */
export interface LxdHost {
  /** @throws AppError datastore-failed (retryable) where LXD is there and does not answer */
  observe(): Promise<ObservedLxd>;
  /** What of these changes the host cannot give, found without changing anything. */
  preflight(changes: readonly LxdChange[]): Promise<readonly Issue[]>;
  /**
   * Carries out one change. A profile has to be as it was planned from.
   * @throws AppError datastore-conflict (retryable: look again) where somebody wrote meanwhile,
   *   datastore-failed (`retryable` where waiting may help), invalid-config where LXD refuses it
   */
  apply(change: LxdChange): Promise<void>;
  /** One container as it is now; undefined: it is gone. @throws AppError */
  look(container: ContainerId): Promise<ObservedContainer | undefined>;
  /**
   * Has it shut down, within that time, and start again. Without force: one that does not shut down
   * runs on.
   * @throws AppError apply-failed where it does not, datastore-failed where LXD does not answer
   */
  restart(container: ContainerId, timeoutSeconds: number): Promise<void>;
  /** @throws AppError as restart */
  start(container: ContainerId): Promise<void>;
  /** How an agent of ours in a container that runs says it is; never throws. */
  agentInside(container: ObservedContainer): Promise<InnerAgent>;
}

/** none: nobody answers there. */
export type InnerAgent = 'healthy' | 'unhealthy' | 'none';
