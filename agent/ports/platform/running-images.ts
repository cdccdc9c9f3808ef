import type { CalicoPod, CalicoTemplate } from '../../../core/platform/images/running.ts';

/** Calico's pods and workloads in a cluster, with their images. */
export interface RunningImages {
  /** @throws AppError where the API server does not answer, or refuses a right */
  read(): Promise<{
    readonly pods: readonly CalicoPod[];
    readonly templates: readonly CalicoTemplate[];
  }>;
  close(): Promise<void>;
}
