/** Reads cni.yaml for a change: what is wrong with it is an error at the setting that needs it. */
import { issueAt } from '../../../findings.ts';
import type { Issue, Place } from '../../../issue.ts';
import type { PlatformIssue } from '../../../../schemas/generated/agent-api/platform.ts';
import type { HostFile } from '../../host-file.ts';
import { checkCalico } from '../check-calico.ts';
import { parseCniManifest, type CalicoDaemonSet, type CniManifest } from '../cni-manifest.ts';

export type UsableManifest =
  | {
      readonly ok: true;
      readonly path: string;
      readonly config: CniManifest['config'];
      readonly node: CalicoDaemonSet;
    }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** Faults that leave no place for a change. Others are reported, and changed. */
const fatal = new Set(['cni-no-daemonset', 'cni-two-daemonsets']);

export function usableManifest(file: HostFile, place: Place): UsableManifest {
  if (file.state !== 'text') {
    const what = file.state === 'absent' ? 'there is no such file' : file.why;
    const message = `cannot change ${file.path}: ${what}`;
    const hint = 'MicroK8s without Calico has no cni.yaml: take these settings out for this node';
    return refused([issueAt(place, 'error', 'microk8s-manifest-unusable', message, hint)]);
  }
  const manifest = parseCniManifest(file.path, file.text);
  const faults = [
    ...manifest.issues,
    ...checkCalico(file.path, manifest).filter(({ code }) => fatal.has(code)),
  ].map((issue) => unusable(issue, place));
  const [node] = manifest.daemonSets;
  if (faults.length > 0 || node === undefined) return refused(faults);
  const missing = missingPlaces(file.path, manifest, node, place);
  if (missing.length > 0) return refused(missing);
  return { ok: true, path: file.path, config: manifest.config, node };
}

function refused(issues: readonly Issue[]): UsableManifest {
  return { ok: false, issues };
}

function unusable({ file = '', line, column, ...issue }: PlatformIssue, place: Place): Issue {
  const at = [file, line, column].filter((part) => part !== undefined).join(':');
  const message = `cannot change ${at}: ${issue.message}`;
  const hint = issue.hint ?? 'mend the file first; calico-agent platform shows what is wrong';
  return issueAt(place, 'error', issue.code, message, hint);
}

/** The places that every release of MicroK8s' manifest has. */
function missingPlaces(
  path: string,
  { config }: CniManifest,
  { place: { line }, env, liveness, readiness }: CalicoDaemonSet,
  place: Place,
): readonly Issue[] {
  const parts = [
    ['the ConfigMap calico-config with calico_backend', config.has('calico_backend')],
    ['a container calico-node with variables', env.size > 0],
    ['a livenessProbe with exec.command', liveness !== undefined],
    ['a readinessProbe with exec.command', readiness !== undefined],
  ] as const;
  return parts.flatMap(([what, isThere]) => {
    if (isThere) return [];
    const where = line === undefined ? path : `${path} (its DaemonSet is in line ${String(line)})`;
    const message = `cannot change ${where}: it lacks ${what}`;
    const hint =
      'compare it with /snap/microk8s/current/upgrade-scripts/000-switch-to-calico/resources/calico.yaml';
    return [issueAt(place, 'error', 'microk8s-place-missing', message, hint)];
  });
}
