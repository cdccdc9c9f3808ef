import type { LivingMetalLb } from '../../../core/metallb/living/living-metallb.ts';
import type { RunningCluster } from './running-cluster.ts';

/** MetalLB and the Services of a running cluster. */
export interface LivingMetalLbSource {
  /**
   * Reads every part by itself: a part that the user may not read is unknown, and the others count.
   * @throws AppError where no part at all can be read
   */
  read(): Promise<LivingMetalLb>;
  /** @throws AppError */
  where(): Promise<RunningCluster>;
  close(): Promise<void>;
}
