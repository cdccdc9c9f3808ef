/** The ranges of pods and services, on which several files of MicroK8s must agree. */
import { canonicalCidr } from '../../config/net/canonical-cidr.ts';
import { printable } from '../../printable.ts';
import type { PlatformIssue } from '../../../schemas/generated/agent-api/platform.ts';
import { fileIssue, type FilePlace } from '../file-issues.ts';
import { poolName } from './check-calico.ts';
import type { ManifestValue } from './cni-manifest.ts';

/** A range in one file; its name for people: `kube-proxy`. */
export interface SaidRange {
  readonly by: string;
  readonly text: string;
  readonly place: FilePlace;
}

export function checkPodRanges(
  calico: readonly ManifestValue[],
  services: readonly SaidRange[],
): PlatformIssue[] {
  const pools = calico.map(({ text }) => canonicalCidr(text));
  const [first] = calico;
  if (first === undefined) return [];
  return services.flatMap(({ by, text, place }) => {
    const own = listOf(text);
    if (pools.every((pool) => own.includes(pool))) return [];
    const where = `${first.place.file}, line ${String(first.place.line ?? 0)}`;
    return [
      fileIssue('error', place, {
        code: 'microk8s-pod-range-differs',
        message: `${by} has the pod range ${printable(text.slice(0, 128))}, and cni.yaml ${printable(pools.join(',').slice(0, 128))} (${where}): expected the same in cni.yaml, kube-proxy and kube-controller-manager of all nodes`,
        hint: `after the files: snap restart microk8s.daemon-kubelite on all nodes, then apply cni.yaml, then replace the pool ${poolName} (the document's default-ipv4-pool does not exist)`,
      }),
    ];
  });
}

export function checkServiceRanges(said: readonly SaidRange[]): PlatformIssue[] {
  const [first, ...others] = said;
  if (first === undefined) return [];
  return others.flatMap(({ by, text, place }) =>
    listOf(text).join() === listOf(first.text).join()
      ? []
      : [
          fileIssue('error', place, {
            code: 'microk8s-service-range-differs',
            message: `${by} has the service range ${printable(text.slice(0, 128))}, and ${first.by} ${printable(first.text.slice(0, 128))} (${first.place.file}, line ${String(first.place.line ?? 0)})`,
            hint: 'the API server has given addresses of its range to services: set the others to it',
          }),
        ],
  );
}

function listOf(text: string): readonly string[] {
  return text.split(',').map((one) => canonicalCidr(one.trim()));
}
