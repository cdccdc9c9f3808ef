import { issueAt } from '../findings.ts';
import { hasErrors } from '../issue.ts';
import { imagesLeftByHand } from '../platform/images/by-hand.ts';
import { joinCloudSteps } from '../plan/cloud/join-cloud-steps.ts';
import { planCloud } from '../plan/cloud/plan-cloud.ts';
import { poolsAfter } from '../plan/cloud/pool-modes.ts';
import { planLxd } from '../plan/lxd/plan-lxd.ts';
import { announcedTwice } from '../plan/pools/announced-twice.ts';
import { planChanges } from '../plan/plan-changes.ts';
import { setPlatformGates } from '../plan/platform/platform-gates.ts';
import { planOwnShare } from '../plan/share/plan-own-share.ts';
import { planPlatform, unobservedPlatform } from '../plan/platform/plan-platform.ts';
import type { AnyPlan, CloudChange, Plan } from '../plan/plan.ts';
import type { Observed } from '../observe/observed.ts';
import type { Traffic } from '../plan/traffic.ts';
import type { Desired } from '../render/desired.ts';

export interface PlanQuestion {
  readonly desired: Desired;
  readonly observed: Observed;
  /** LXD projects that previous configurations changed: our settings there are removed. */
  readonly previousProjects: readonly string[];
  /** The cloud could not be read: the plan is that of the other targets alone. */
  readonly isCloudUnread?: true;
  /** The cluster's traffic; absent: the plan does not reach a cluster. */
  readonly traffic?: Traffic;
}

/**
 * The plan for Calico, for LXD on an LXD host, and for the platform and the cloud of a node. With an error it has
 * no steps.
 */
export function planDesired(question: PlanQuestion): AnyPlan {
  const { desired, observed } = question;
  if (desired.later === undefined) return planTargets(question, desired);
  return planOwnShare(desired, observed, (calico) => planTargets(question, calico));
}

/** @param calico with what of the datastore is to be so: all of `desired`, or the share of one node */
function planTargets(question: PlanQuestion, calico: Desired): AnyPlan {
  const { desired, observed, traffic } = question;
  const plans: readonly AnyPlan[] = [
    planChanges(calico, observed, traffic),
    ...ofLxd(question),
    ...ofPlatform(question),
    ...ofImages(calico),
  ];
  const cloud = ofCloud(question, calico);
  const [plan] = plans;
  const ofSections = calico.cluster ?? [];
  const isCalicoAlone = plans.length === 1 && cloud === undefined && ofSections.length === 0;
  if (plan !== undefined && isCalicoAlone) return plan;
  const issues = [
    ...[...plans, ...(cloud === undefined ? [] : [cloud])].flatMap((one) => one.issues),
    ...announcedTwice(calico, observed),
  ];
  const waits = desired.cloud?.settings.sourceDestCheck === 'disabled' && traffic !== undefined;
  const others = setPlatformGates(
    plans.flatMap((one) => one.steps),
    desired.platform?.settings.restart,
  );
  const steps = hasErrors(issues) ? [] : joinCloudSteps(others, cloud?.steps ?? [], waits);
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

function ofCloud(
  { desired, observed, isCloudUnread }: PlanQuestion,
  calico: Desired,
): Plan<CloudChange> | undefined {
  if (observed.cloud !== undefined) {
    return planCloud(desired.cloud, observed.cloud, poolsAfter(calico, observed));
  }
  if (desired.cloud === undefined || isCloudUnread === true) return undefined;
  const message = 'this agent does not read the cloud of its machine';
  const { place } = desired.cloud.settings;
  const issues = [issueAt(place, 'error', 'cloud-not-observed', message)];
  return { formatVersion: 1, steps: [], issues };
}

/** Where another program keeps Calico's images, a person changes its settings. */
function ofImages({ images }: Desired): readonly AnyPlan[] {
  const left = images === undefined ? undefined : imagesLeftByHand(images);
  if (left === undefined) return [];
  const byHand = left.steps.map(({ title, why, commands }) => ({ title, why, commands }));
  return [{ formatVersion: 1, steps: [], issues: [], byHand, leftByHand: left }];
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
