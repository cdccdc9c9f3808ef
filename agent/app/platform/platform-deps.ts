import type { Cluster } from '../../ports/platform/cluster.ts';
import type { HostFiles } from '../../ports/platform/host-files.ts';
import type { HostPrograms } from '../../ports/platform/host-programs.ts';

export interface PlatformDeps {
  readonly files: HostFiles;
  readonly programs: HostPrograms;
  /** Absent: the cluster cannot be asked about this node. */
  readonly cluster?: Pick<Cluster, 'node' | 'nodes' | 'pods' | 'observe'>;
  /** The name of the node in Kubernetes; absent: not known. */
  readonly nodeName?: () => string;
}
