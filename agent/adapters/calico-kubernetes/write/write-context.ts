import type { CalicoResource } from '../../../../core/calico/resource.ts';
import type { RevisionRef } from '../../../../core/revision/revision.ts';
import type { KubernetesClient } from '../../../../runtime/kubernetes/client.ts';
import type { CalicoApi } from '../calico-api.ts';
import type { KeptObject } from '../objects/kept-object.ts';

/** What writing a change takes. */
export interface WriteContext {
  readonly client: KubernetesClient;
  readonly api: CalicoApi;
  readonly revision: RevisionRef;
  /** What the observation saw of an object beyond what a plan carries; undefined: it is read. */
  readonly seen: (before: CalicoResource) => KeptObject | undefined;
  /** The server does everything but keep it. */
  readonly dryRun: boolean;
  /** How long this one write may take. @throws AppError writer-lease-lost where it must not begin */
  readonly allowance: () => Promise<{ readonly timeoutMs?: number }>;
}
