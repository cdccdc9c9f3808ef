/** Reads which platform this node is, and what is in force there. Changes nothing. */
import {
  detectPlatform,
  platformMarks,
  type Found,
} from '../../../core/platform/detect-platform.ts';
import { boundIssues, hiddenIssue, unreadableCode } from '../../../core/platform/file-issues.ts';
import type { HiddenFile } from '../../../core/platform/host-file.ts';
import type { Platform } from '../../../schemas/generated/agent-api/platform.ts';
import type { HostFiles } from '../../ports/platform/host-files.ts';
import type { PlatformSource } from '../../ports/platform/platform-source.ts';
import { reportK3s } from '../../../core/platform/k3s/report-k3s.ts';
import { reportMicroK8s } from '../../../core/platform/microk8s/report-microk8s.ts';
import { kubeletPaths, reportKubelet } from '../../../core/platform/kubeadm/report-kubelet.ts';
import type { ObservedPlatform } from '../../../core/platform/observed-platform.ts';
import type { PlatformDeps } from './platform-deps.ts';
import { readClusterCni } from './read-cluster-cni.ts';
import { readCni } from './read-cni.ts';
import { readK3s } from './read-k3s.ts';
import { readLivingCalico } from './read-living-calico.ts';
import { readMicroK8s } from './read-microk8s.ts';

/** The report, and what it was made from. */
export type ReadPlatform = Pick<ObservedPlatform, 'report' | 'k3s' | 'microk8s'>;

export function createPlatformSource(deps: PlatformDeps): PlatformSource {
  return {
    read: async () => (await readPlatform(deps)).report,
    detect: async () => detectPlatform((await find(deps.files)).found).platform,
  };
}

export async function readPlatform(deps: PlatformDeps): Promise<ReadPlatform> {
  const { found, hidden } = await find(deps.files);
  const detected = detectPlatform(found);
  const { report, ...inputs } = await readOwn(detected.platform, deps);
  const cni = await readCni(deps, { ...report, platform: detected.platform });
  const inCluster = await readClusterCni(deps, detected.platform, cni.plugins);
  const { microk8s } = inputs;
  const living = microk8s === undefined ? [] : await readLivingCalico(deps, microk8s);
  const issues = [
    ...severalIssue(detected),
    ...hidden.map(hiddenIssue),
    ...report.issues,
    ...cni.issues,
    ...inCluster.issues,
    ...living,
  ];
  return {
    ...inputs,
    report: {
      ...detected,
      ...report,
      properties: [...report.properties, ...cni.properties, ...inCluster.properties],
      issues: boundIssues(withoutTwins(issues)),
    },
  };
}

/** Two parts of the report may need the same file, which neither can read. */
function withoutTwins(issues: Platform['issues']): Platform['issues'] {
  const hidden = new Set<string>();
  return issues.filter(({ code, file }) => {
    if (code !== unreadableCode || file === undefined) return true;
    const isFirst = !hidden.has(file);
    hidden.add(file);
    return isFirst;
  });
}

type Report = Pick<Platform, 'properties' | 'locks' | 'values' | 'issues'>;
type ReadOwn = { readonly report: Report } & Pick<ReadPlatform, 'k3s' | 'microk8s'>;

async function readOwn(platform: Platform['platform'], deps: PlatformDeps): Promise<ReadOwn> {
  if (platform === 'k3s') {
    const k3s = await readK3s(deps);
    return { k3s, report: reportK3s(k3s) };
  }
  if (platform === 'microk8s') {
    const microk8s = await readMicroK8s(deps);
    return { microk8s, report: reportMicroK8s(microk8s) };
  }
  if (platform === 'none') return { report: { properties: [], values: [], issues: [] } };
  const { flags, config } = kubeletPaths[platform];
  const [ofFlags, ofConfig] = await Promise.all([deps.files.read(flags), deps.files.read(config)]);
  const kubelet = reportKubelet({ flags: ofFlags, config: ofConfig });
  return { report: { properties: [], ...kubelet } };
}

async function find(
  files: HostFiles,
): Promise<{ readonly found: Found; readonly hidden: readonly HiddenFile[] }> {
  const places = [...new Set(platformMarks.map(({ file }) => file))];
  const entries = await Promise.all(places.map((file) => files.entry(file)));
  const { names: units, hidden } = await files.list('/var/lib/juju/agents');
  return {
    found: {
      present: new Set(entries.filter(({ state }) => state === 'there').map(({ path }) => path)),
      units,
    },
    hidden: [...entries, ...(hidden === undefined ? [] : [hidden])].filter(
      (entry) => entry.state === 'unreadable',
    ),
  };
}

function severalIssue({ platform, also }: ReturnType<typeof detectPlatform>): Platform['issues'] {
  if (platform === 'none' || also.length === 0) return [];
  const names = also.map((other) => other.platform).join(', ');
  return [
    {
      severity: 'warning',
      code: 'several-platforms',
      ...(also[0]?.because[0] !== undefined && { file: also[0].because[0].file }),
      message: `this node is taken for ${platform}, and has files of ${names} as well`,
      hint: 'remove what is left of the other one: two platforms on one node take the same ports and CNI folders',
    },
  ];
}
