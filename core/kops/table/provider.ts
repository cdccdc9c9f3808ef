/** One networking provider of kops: where it is valid, and what takes its place. */
import type { KopsField } from './field.ts';

/** kops refuses the provider from one version on, for all Kubernetes versions or some. */
export interface Refusal {
  /** N for kops 1.N; to: the last one with exactly this rule. */
  readonly kops: readonly [from: number, to?: number];
  /** Refused for Kubernetes 1.N and newer. */
  readonly kubernetesFrom?: number;
  /** Refused for Kubernetes older than 1.N. */
  readonly kubernetesBefore?: number;
}

/** A value of `kops create cluster --networking`. */
export interface CreateFlag {
  readonly value: string;
  readonly since: number;
  /** The last version that takes it. */
  readonly until?: number;
  /** Fields that it sets, by their names in v1alpha2. */
  readonly sets?: Readonly<Record<string, string | number | boolean>>;
}

export interface KopsProvider {
  /** The key below spec.networking in v1alpha2. */
  readonly key: string;
  readonly title: string;
  readonly since: number;
  readonly refusals: readonly Refusal[];
  /** The key in v1alpha3: each name with the last version of kops that reads it. Empty: none. */
  readonly v3: readonly { readonly key: string; readonly until?: number }[];
  readonly flags: readonly CreateFlag[];
  readonly fields: readonly KopsField[];
  /** The only cloud on which it works. */
  readonly cloud?: 'aws' | 'gce';
  /** No IPv6 clusters. */
  readonly isIpv4Only?: true;
  /** Its successor, where it is not valid any more. */
  readonly became?: string;
  /** The key of the provider to take where this one is refused. */
  readonly instead?: string;
  /** A description in one sentence. */
  readonly about: string;
}

/** @returns the rule that refuses it; undefined: it is valid */
export function refusalOf(
  { refusals }: KopsProvider,
  versions: { readonly kops: number; readonly kubernetes: number },
): Refusal | undefined {
  return refusals.find(
    ({ kops: [from, to], kubernetesFrom, kubernetesBefore }) =>
      versions.kops >= from &&
      (to === undefined || versions.kops <= to) &&
      (kubernetesFrom === undefined || versions.kubernetes >= kubernetesFrom) &&
      (kubernetesBefore === undefined || versions.kubernetes < kubernetesBefore),
  );
}
