/** Desired × observed of a node's platform → edits of files, then restarts. */
import { issueAt } from '../../findings.ts';
import { hasErrors, type Issue } from '../../issue.ts';
import { nothingDesired, type PlatformDesired } from '../../platform/desired-platform.ts';
import { desiredK3s } from '../../platform/k3s/desired-k3s.ts';
import { desiredMicroK8s } from '../../platform/microk8s/desired-microk8s.ts';
import type { ObservedPlatform } from '../../platform/observed-platform.ts';
import type { PlatformSettings } from '../../config/platform/platform-settings.ts';
import type { HostChange, Plan } from '../plan.ts';

/**
 * Pure; with an error it has no steps.
 * @param settings absent: everything that the agent edited is put back
 */
export function planPlatform(
  settings: PlatformSettings | undefined,
  observed: ObservedPlatform,
): Plan<HostChange> {
  const found = settings === undefined ? [] : checkPlatform(settings, observed);
  const desired = hasErrors(found) ? nothingDesired : desiredPlatform(settings, observed);
  return { formatVersion: 1, steps: [], issues: [...found, ...desired.issues] };
}

/** An agent that does not read its machine refuses such a configuration. */
export function unobservedPlatform({ kind, place }: PlatformSettings): Plan<HostChange> {
  const message = `this agent does not read the files of ${kind}`;
  const issue = issueAt(place, 'error', 'platform-not-observed', message);
  return { formatVersion: 1, steps: [], issues: [issue] };
}

function desiredPlatform(
  settings: PlatformSettings | undefined,
  observed: ObservedPlatform,
): PlatformDesired {
  switch (settings?.kind) {
    case undefined:
      return nothingDesired;
    case 'k3s':
      return desiredK3s(settings.settings, observed);
    case 'microk8s':
      return desiredMicroK8s(settings.settings, observed);
  }
}

const names = { k3s: 'K3s', microk8s: 'MicroK8s' } as const;

function checkPlatform(
  { kind, place }: PlatformSettings,
  { report: { platform, because } }: ObservedPlatform,
): readonly Issue[] {
  if (platform === kind) return [];
  const [sign] = because;
  const is =
    platform === 'none'
      ? 'has no sign of a platform that the agent knows'
      : `is taken for ${platform}${sign === undefined ? '' : ` (${sign.file}: ${sign.says})`}`;
  const message = `the configuration is for nodes of ${names[kind]}, and this node ${is}`;
  const hint = 'calico-agent platform shows what was found';
  return [issueAt(place, 'error', 'platform-differs', message, hint)];
}
