import type { SurveyedCluster } from '../../core/survey/surveyed-cluster.ts';

/** A look at the whole cluster, for export, adoption and stale nodes: rare, and may be slow. */
export interface ClusterSurvey {
  survey(): Promise<SurveyedCluster>;
  /**
   * Deletes a Calico Node whose machine is gone, if it is still as surveyed, with its address
   * blocks that are empty. Only where Calico has Nodes of its own (etcd).
   * @param version undefined: it has no Node any more, and only the blocks go
   * @throws AppError not-found, datastore-conflict, datastore-failed
   */
  removeNode(name: string, version: string | undefined): Promise<void>;
}
