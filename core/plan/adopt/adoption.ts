/** Objects of the charm or of a person that mean the same as desired ones. */
import type { ResourceKind } from '../../calico/resource.ts';
import type { Scope } from '../../render/desired.ts';
import type { FieldWriter, ObservedResource } from '../../observe/observed.ts';

export interface AdoptableObject {
  readonly observed: ObservedResource;
  readonly kind: ResourceKind;
  readonly name: string;
  /** The scope to which it will belong. */
  readonly scope: Scope;
  /** The name that we would have given it. */
  readonly standsFor: string;
  /**
   * stays: the object keeps its name, and only gets our marks. replaced: ours, which gives the same
   * sessions, is made first, and then the object is deleted.
   */
  readonly fate: 'stays' | 'replaced';
  readonly writers: readonly FieldWriter[];
}
