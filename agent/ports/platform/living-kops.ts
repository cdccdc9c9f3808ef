import type { LivingCluster } from '../../../core/kops/living/living-cluster.ts';

/** A running cluster, read once beside a document of kops. */
export interface LivingKops {
  /**
   * Reads every part by itself: a part that the user may not read is unknown, and the others count.
   * @throws AppError where the API server cannot be reached at all
   */
  read(): Promise<LivingCluster>;
  /** Which cluster it is, for people: `https://10.0.0.1:6443 (kubeconfig "/root/.kube/config", context "lab")`. @throws AppError */
  where(): Promise<string>;
  close(): Promise<void>;
}
