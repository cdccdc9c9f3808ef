/** The facts of a node. */
import type { Family } from '../config/model.ts';
import type { Issue } from '../issue.ts';

export interface NodeFacts {
  /** The Kubernetes or Calico node name, as the cluster spells it. */
  readonly name: string;
  /** All Juju units of the machine: calico/0, kubernetes-worker/2. */
  readonly units: readonly string[];
  /** The BGP addresses, at most one per family; only these match subnets. */
  readonly addresses: readonly NodeAddress[];
  readonly labels: Readonly<Record<string, string>>;
  /** Whether the Juju unit is its application's leader; absent: not known, or no Juju. */
  readonly leader?: boolean;
  readonly platform?: 'charmed-kubernetes' | 'microk8s' | 'k3s' | 'kops' | 'other';
}

export interface NodeAddress {
  readonly family: Family;
  /** Canonical. */
  readonly address: string;
  /** Absent: the source of the facts does not have it. */
  readonly prefixLength?: number;
}

/**
 * A refused NODES input has no nodes. The issues have the reasons, and name data that a source
 * lacks.
 */
export type ParsedNodes =
  | { readonly ok: true; readonly nodes: readonly NodeFacts[]; readonly issues: readonly Issue[] }
  | { readonly ok: false; readonly issues: readonly Issue[] };
