/** Desired × observed of a node's platform → edits of files, then restarts. */
import { issueAt } from '../../findings.ts';
import { hasErrors, type Issue, type Place } from '../../issue.ts';
import { nothingDesired, type PlatformDesired } from '../../platform/desired-platform.ts';
import { leftByHand } from '../../platform/left-by-hand.ts';
import type { ManualStep } from '../../platform/manual-step.ts';
import { desiredK3s } from '../../platform/k3s/desired-k3s.ts';
import { desiredMicroK8s } from '../../platform/microk8s/desired-microk8s.ts';
import { dueAfter } from '../../platform/due-restarts.ts';
import type { DueRestart, ObservedPlatform } from '../../platform/observed-platform.ts';
import type { PlatformSettings } from '../../config/platform/platform-settings.ts';
import type { HostChange, Plan, Step } from '../plan.ts';
import { outsideSeconds, waitForPerson } from '../wait-for-person.ts';
import { waitTitles } from './wait-titles.ts';
import { stepsByHand } from './by-hand.ts';
import { planFiles, type FileEditChange } from './plan-files.ts';

/**
 * Pure; with an error it has no steps.
 * @param settings absent: everything that the agent edited is put back
 * @param pools the CIDRs of Calico's pools in the same document
 */
export function planPlatform(
  settings: PlatformSettings | undefined,
  observed: ObservedPlatform,
  pools: readonly string[] = [],
): Plan<HostChange> {
  const found = settings === undefined ? [] : checkPlatform(settings, observed);
  const desired = hasErrors(found) ? nothingDesired : desiredPlatform(settings, observed, pools);
  const isWhole = !hasErrors([...found, ...desired.issues]);
  const place = settings?.place ?? { pointer: '' };
  const { files, services } = desired;
  const { changes, issues: faults } = isWhole
    ? planFiles({ files, services, place }, observed)
    : noFiles;
  const issues = [...found, ...desired.issues, ...faults];
  if (hasErrors(issues)) return { formatVersion: 1, steps: [], issues };
  const restarts = restartsAfter(changes, desired, observed);
  const { cannotWrite } = observed;
  const isByHand = cannotWrite !== undefined && changes.length + restarts.length > 0;
  const { cluster = [] } = desired;
  const byHand = inOrder(desired.manual, isByHand ? stepsByHand(changes, restarts) : []);
  const [before, after] = [true, false].map((isBefore) =>
    desired.manual.filter((step) => (step.isBefore ?? false) === isBefore),
  );
  const { waits = {}, asked } = desired;
  const isChanging = changes.length + restarts.length > 0;
  return {
    formatVersion: 1,
    steps: [
      ...(isChanging && before !== undefined && before.length > 0
        ? [beforeStep(before, asked)]
        : []),
      ...(isChanging ? waitStep(waitTitles.before, waits.before) : []),
      ...[editStep(changes), ...restarts.map(restartStep)].filter(
        (step) => step.changes.length > 0,
      ),
      ...waitStep(waitTitles.between, waits.between),
      ...waitStep(waitTitles.after, waits.after),
    ],
    issues: [...issues, ...(isByHand ? [notWritable(place, cannotWrite)] : [])],
    ...(byHand.length > 0 && { byHand }),
    ...(after !== undefined &&
      after.length > 0 && { leftByHand: leftByHand(after, 'after', asked) }),
    ...(cluster.length > 0 && { clusterEdits: cluster }),
  };
}

/** People paste the commands from the first one to the last. */
function inOrder(
  manual: readonly ManualStep[],
  files: readonly ManualStep[],
): readonly ManualStep[] {
  const bare = (isBefore: boolean): readonly ManualStep[] =>
    manual
      .filter((step) => (step.isBefore ?? false) === isBefore)
      .map(({ title, why, commands }) => ({ title, why, commands }));
  return [...bare(true), ...files, ...bare(false)];
}

const noFiles = { changes: [], issues: [] };

type Restart = Extract<HostChange, { readonly action: 'restart-service' }>;

/** In the order of the rules; what an earlier configuration left comes last. */
function restartsAfter(
  changes: readonly FileEditChange[],
  { services }: PlatformDesired,
  { dueRestarts }: ObservedPlatform,
): readonly Restart[] {
  const due = changes.reduce<readonly DueRestart[]>(
    (all, { path, content }) =>
      content === undefined
        ? all
        : dueAfter(all, {
            path,
            before: content.before,
            after: content.after,
            restarts: content.restarts,
          }),
    dueRestarts,
  );
  const rank = ({ service }: DueRestart): number => {
    const index = services.findIndex((one) => one.service === service);
    return index === -1 ? services.length : index;
  };
  return due
    .toSorted((one, other) => rank(one) - rank(other))
    .map(({ service, why }) => ({ action: 'restart-service', service, why }));
}

function editStep(changes: readonly FileEditChange[]): Step<HostChange> {
  const why = 'nothing takes effect before the services read them';
  return { title: 'Edit files of the platform', why, gates: [], changes };
}

function beforeStep(manual: readonly ManualStep[], asked: unknown): Step<HostChange> {
  const what = 'a person has done what comes before';
  const { gates } = waitForPerson('', what, leftByHand(manual, 'before', asked));
  const why = 'the agent cannot see whether it is so';
  return { title: 'Prepare the change by hand', why, gates, changes: [] };
}

function waitStep(title: string, what: string | undefined): readonly Step<HostChange>[] {
  if (what === undefined) return [];
  const why = 'only one of two load balancers may answer for a service';
  const gates = [{ kind: 'outside', what, withinSeconds: outsideSeconds }] as const;
  return [{ title, why, gates, changes: [] }];
}

function restartStep(change: Restart): Step<HostChange> {
  const why = 'the files have what it reads at its start';
  return { title: `Restart ${change.service}`, why, gates: [], changes: [change] };
}

function notWritable(place: Place, why: string): Issue {
  const message = `the agent cannot edit files of the platform: ${why}`;
  const hint =
    'calico-agent plan ends with the commands that do it by hand; afterwards the plan is empty';
  return issueAt(place, 'warning', 'platform-not-writable', message, hint);
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
  pools: readonly string[],
): PlatformDesired {
  switch (settings?.kind) {
    case undefined:
      return nothingDesired;
    case 'k3s':
      return desiredK3s(settings.settings, observed, pools);
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
