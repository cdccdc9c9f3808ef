import type { LivingCluster } from '../../../core/kops/living/living-cluster.ts';
import type { RunningCluster } from './running-cluster.ts';

/** A running cluster, read once beside a document of kops. */
export interface LivingKops {
  /**
   * Reads every part by itself: a part that the user may not read is unknown, and the others count.
   * @throws AppError where the API server cannot be reached at all
   */
  read(): Promise<LivingCluster>;
  /** @throws AppError */
  where(): Promise<RunningCluster>;
  close(): Promise<void>;
}
