import type { CalicoResource } from '../../../../core/calico/resource.ts';
import type { RevisionRef } from '../../../../core/revision/revision.ts';
import type { KubernetesClient } from '../../../../runtime/kubernetes/client.ts';
import type { CalicoApi } from '../calico-api.ts';
import type { KeptObject } from '../objects/kept-object.ts';

/** The parts that writing a change needs. */
export interface WriteContext {
  readonly client: KubernetesClient;
  readonly api: CalicoApi;
  readonly revision: RevisionRef;
  /** The observed object with the parts that a plan does not have; undefined: it is read again. */
  readonly seen: (before: CalicoResource) => KeptObject | undefined;
  /** The server does everything except storing the change. */
  readonly dryRun: boolean;
  /** The time for this write. @throws AppError writer-lease-lost where it must not begin */
  readonly allowance: () => Promise<{ readonly timeoutMs?: number }>;
}
