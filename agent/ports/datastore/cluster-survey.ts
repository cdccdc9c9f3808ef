import type { SurveyedCluster, SurveyedNode } from '../../../core/survey/surveyed-cluster.ts';

/** A look at the whole cluster, for export, adoption and stale nodes: rare, and may be slow. */
export interface ClusterSurvey {
  survey(): Promise<SurveyedCluster>;
  /**
   * Calico's own Node of this name, alone and fast; undefined: there is none, or nobody could tell.
   * Absent: the datastore has no Nodes of Calico.
   */
  findNode?(name: string): Promise<SurveyedNode | undefined>;
  /**
   * Deletes a Calico Node whose machine is gone, if it is still as surveyed, with its address
   * blocks that are empty. Only where Calico has Nodes of its own (etcd).
   * @param version undefined: it has no Node any more, and only the blocks go
   * @throws AppError not-found, datastore-conflict, datastore-failed
   */
  removeNode(name: string, version: string | undefined): Promise<void>;
}
