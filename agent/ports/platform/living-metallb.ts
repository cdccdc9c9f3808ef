import type { LivingMetalLb } from '../../../core/metallb/living/living-metallb.ts';

/** MetalLB and the Services of a running cluster. */
export interface LivingMetalLbSource {
  /**
   * Reads every part by itself: a part that the user may not read is unknown, and the others count.
   * @throws AppError where no part at all can be read
   */
  read(): Promise<LivingMetalLb>;
  /** Which cluster it is, for people: `https://10.0.0.1:6443 (kubeconfig "/root/.kube/config", context "lab")`. @throws AppError */
  where(): Promise<string>;
  close(): Promise<void>;
}
