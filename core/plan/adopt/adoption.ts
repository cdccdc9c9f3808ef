/** Objects of the charm or of a person that mean the same as desired ones. */
import type { ResourceKind } from '../../calico/resource.ts';
import type { Scope } from '../../render/desired.ts';
import type { FieldWriter, ObservedResource } from '../../observe/observed.ts';

export interface AdoptableObject {
  readonly observed: ObservedResource;
  readonly kind: ResourceKind;
  readonly name: string;
  /** Whose it will be. */
  readonly scope: Scope;
  /** The name that we would have given it. */
  readonly standsFor: string;
  /**
   * stays: it is taken over under its own name, and nothing but our marks changes. replaced: ours,
   * which gives the same sessions, is there first, and then it goes.
   */
  readonly fate: 'stays' | 'replaced';
  readonly writers: readonly FieldWriter[];
}
