/** What a node is. */
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
  /** Is the Juju unit its application's leader? Absent: not known, or no Juju. */
  readonly leader?: boolean;
  readonly platform?: 'charmed-kubernetes' | 'microk8s' | 'k3s' | 'kops' | 'other';
}

export interface NodeAddress {
  readonly family: Family;
  /** Canonical. */
  readonly address: string;
  /** Absent where the source of the facts does not tell it. */
  readonly prefixLength?: number;
}

/** A refused NODES input has no nodes; the issues say why, and what a source does not tell. */
export type ParsedNodes =
  | { readonly ok: true; readonly nodes: readonly NodeFacts[]; readonly issues: readonly Issue[] }
  | { readonly ok: false; readonly issues: readonly Issue[] };
