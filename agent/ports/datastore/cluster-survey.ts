import type { SurveyedCluster, SurveyedNode } from '../../../core/survey/surveyed-cluster.ts';

/** Reads the whole cluster, for export, adoption and stale nodes. This is rare, and may be slow. */
export interface ClusterSurvey {
  survey(): Promise<SurveyedCluster>;
  /**
   * Reads only Calico's Node of this name, which is fast; undefined: there is none, or it is not
   * known. Absent: the datastore has no Calico Nodes.
   */
  findNode?(name: string): Promise<SurveyedNode | undefined>;
  /**
   * The field awsSrcDstCheck of the FelixConfiguration of this name; undefined: it has none, or there
   * is no such object. Absent: the datastore has no FelixConfigurations.
   * @throws AppError also where the agent may not read it
   */
  felixCheck?(name: string): Promise<string | undefined>;
  /**
   * Deletes a Calico Node whose machine is gone, if it is still as surveyed, with its empty address
   * blocks. Only for datastores in which Calico has its own Nodes (etcd).
   * @param version undefined: there is no Node any more, and only the blocks are deleted
   * @throws AppError not-found, datastore-conflict, datastore-failed
   */
  removeNode(name: string, version: string | undefined): Promise<void>;
}
