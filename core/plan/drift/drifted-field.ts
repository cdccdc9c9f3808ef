import type { ResourceKind } from '../../calico/resource.ts';

/** What somebody else changed of what is in force. */
export interface DriftedField {
  readonly kind: ResourceKind | 'Node' | 'LXDProfile' | 'Mount';
  /** Of a profile in another project than default: `project/profile`. */
  readonly name: string;
  /** As FieldChange.path; absent: the object as a whole is gone, or is there against our will. */
  readonly path?: string;
  readonly desired: unknown;
  readonly observed: unknown;
  /** The field manager, where the datastore knows it. */
  readonly by?: string;
  /** RFC 3339, by the datastore's clock. */
  readonly at?: string;
}
