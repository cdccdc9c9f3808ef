/** Versions of kops and Kubernetes: of both only the minor number counts here. */
import { issueAt } from '../findings.ts';
import type { Issue, Place } from '../issue.ts';

/** The newest release branch that the tables were read from. */
const newestKops = 36;
/** The oldest one; before it kops had no `networking`. */
export const oldestKops = 5;

export interface KopsTarget {
  /** N for kops 1.N. */
  readonly kops: number;
  /** given: the user named it. assumed: that of Kubernetes, or the newest. */
  readonly kopsIs: 'given' | 'assumed';
  /** N for Kubernetes 1.N. */
  readonly kubernetes: number;
  readonly kubernetesIs: 'given' | 'document' | 'assumed';
}

/** `1.28`, `v1.28.4`, `1.28.0-beta.1` → 28. undefined: it is no such version. */
export function minorOf(version: string): number | undefined {
  const [, minor] = /^v?1\.(\d{1,3})(?:\.\d+)?(?:[-+].*)?$/.exec(version.trim()) ?? [];
  return minor === undefined ? undefined : Number(minor);
}

/**
 * The versions to judge by. A cluster document has no kops version. kops 1.N goes with Kubernetes
 * 1.N, so that one is assumed, within what the tables know.
 */
export function targetOf(
  given: { readonly kops?: number; readonly kubernetes?: number },
  inDocument: number | undefined,
): KopsTarget {
  const kubernetes = given.kubernetes ?? inDocument ?? given.kops ?? newestKops;
  const kubernetesIs =
    given.kubernetes !== undefined ? 'given' : inDocument !== undefined ? 'document' : 'assumed';
  if (given.kops !== undefined) {
    return { kops: given.kops, kopsIs: 'given', kubernetes, kubernetesIs };
  }
  const kops = Math.min(newestKops, Math.max(oldestKops, kubernetes));
  return { kops, kopsIs: 'assumed', kubernetes, kubernetesIs };
}

/**
 * Kubernetes releases that kops refuses: validateKubernetesVersion and OldestSupportedKubernetesVersion
 * in upup/pkg/fi/cloudup/apply_cluster.go.
 */
export function checkVersions(target: KopsTarget, place: Place): readonly Issue[] {
  const { kops, kopsIs, kubernetes } = target;
  if (kops > newestKops || (kopsIs === 'assumed' && kubernetes > newestKops)) {
    const message = `this version of calico-agent knows kops 1.${oldestKops} to 1.${newestKops}`;
    const hint = `read the notes of newer releases too; all rules here are those of kops 1.${newestKops}`;
    return [issueAt(place, 'warning', 'kops-version-unknown', message, hint)];
  }
  if (kubernetes > kops) {
    const message = `kops 1.${kops} does not support Kubernetes 1.${kubernetes}`;
    const hint = `upgrade kops first, and check again with --kops-version 1.${kubernetes}`;
    return [issueAt(place, 'error', 'kops-version', message, hint)];
  }
  const oldest = oldestKubernetes(kops);
  if (oldest === undefined || kubernetes >= oldest) return [];
  const message = `kops 1.${kops} supports Kubernetes 1.${oldest} and newer, not 1.${kubernetes}`;
  const hint = `upgrade Kubernetes with an older kops first, and check with --kops-version 1.${kubernetes}`;
  return [issueAt(place, 'error', 'kops-version', message, hint)];
}

/** The oldest Kubernetes (1.N) of kops 1.18, 1.19 and so on. */
const oldestOf = [9, 11, 13, 15, 17, 18, 19, 20, 21, 22, 23, 24, 25, 25, 27, 27, 29, 29, 31];
const firstWithOldest = 18;

function oldestKubernetes(kops: number): number | undefined {
  return kops < firstWithOldest ? undefined : (oldestOf[kops - firstWithOldest] ?? oldestOf.at(-1));
}
