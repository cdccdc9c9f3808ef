import { hasErrors } from '../issue.ts';
import { planLxd } from '../plan/lxd/plan-lxd.ts';
import { planChanges } from '../plan/plan-changes.ts';
import { setPlatformGates } from '../plan/platform/platform-gates.ts';
import { planPlatform, unobservedPlatform } from '../plan/platform/plan-platform.ts';
import type { AnyPlan } from '../plan/plan.ts';
import type { Observed } from '../observe/observed.ts';
import type { Traffic } from '../plan/traffic.ts';
import type { Desired } from '../render/desired.ts';

export interface PlanQuestion {
  readonly desired: Desired;
  readonly observed: Observed;
  /** LXD projects that previous configurations changed: our settings there are removed. */
  readonly previousProjects: readonly string[];
  /** The cluster's traffic; absent: the plan does not reach a cluster. */
  readonly traffic?: Traffic;
}

/**
 * The plan for Calico, for LXD on an LXD host, and for the platform of a node. With an error it has
 * no steps.
 */
export function planDesired(question: PlanQuestion): AnyPlan {
  const { desired, observed, traffic } = question;
  const plans: readonly AnyPlan[] = [
    planChanges(desired, observed, traffic),
    ...ofLxd(question),
    ...ofPlatform(question),
  ];
  const [plan] = plans;
  const ofSections = desired.cluster ?? [];
  if (plan !== undefined && plans.length === 1 && ofSections.length === 0) return plan;
  const issues = plans.flatMap((one) => one.issues);
  const steps = hasErrors(issues)
    ? []
    : setPlatformGates(
        plans.flatMap((one) => one.steps),
        desired.platform?.settings.restart,
      );
  const byHand = plans.flatMap((one) => one.byHand ?? []);
  const left = plans.find((one) => one.leftByHand !== undefined)?.leftByHand;
  const clusterEdits = [...plans.flatMap((one) => one.clusterEdits ?? []), ...ofSections];
  return {
    formatVersion: 1,
    steps,
    issues,
    ...(byHand.length > 0 && { byHand }),
    ...(left !== undefined && { leftByHand: left }),
    ...(clusterEdits.length > 0 && { clusterEdits }),
  };
}

function ofLxd({ desired, observed, previousProjects }: PlanQuestion): readonly AnyPlan[] {
  const { lxd } = desired;
  if (lxd === undefined || observed.lxd === undefined) return [];
  return [planLxd({ ...lxd, pruneIn: [...lxd.pruneIn, ...previousProjects] }, observed.lxd)];
}

function ofPlatform({ desired, observed }: PlanQuestion): readonly AnyPlan[] {
  const { platform, resources } = desired;
  if (observed.platform !== undefined) {
    const pools = resources.flatMap(({ resource }) =>
      resource.kind === 'IPPool' ? [resource.spec.cidr] : [],
    );
    return [planPlatform(platform, observed.platform, pools)];
  }
  return platform === undefined ? [] : [unobservedPlatform(platform)];
}
