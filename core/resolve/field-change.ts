import type { Reason } from './resolution.ts';

export interface FieldChange {
  /** `spec.asNumber`, `metadata.labels.<name>`; for a node, a field of NodeSettings. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly reasons: readonly Reason[];
}
