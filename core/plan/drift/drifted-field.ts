import type { ResourceKind } from '../../calico/resource.ts';
import type { ObjectKind } from '../../platform/cluster/object-ref.ts';

/** A field of a desired object that somebody else changed. */
export interface DriftedField {
  readonly kind:
    ResourceKind | 'Node' | 'LXDProfile' | 'Mount' | 'File' | 'NetworkInterface' | ObjectKind;
  /** A profile in another project than default is `project/profile`. */
  readonly name: string;
  /** As FieldChange.path; absent: the whole object is gone, or exists and is not desired. */
  readonly path?: string;
  readonly desired: unknown;
  readonly observed: unknown;
  /** The field manager, if the datastore knows it. */
  readonly by?: string;
  /** RFC 3339, by the datastore's clock. */
  readonly at?: string;
}
