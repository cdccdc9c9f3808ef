import { hasErrors } from '../issue.ts';
import { planLxd } from '../plan/lxd/plan-lxd.ts';
import { planChanges } from '../plan/plan-changes.ts';
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

/** The plan for Calico and, on an LXD host, for LXD. With an error it has no steps. */
export function planDesired(question: PlanQuestion): AnyPlan {
  const { desired, observed, previousProjects, traffic } = question;
  const plan = planChanges(desired, observed, traffic);
  if (desired.lxd === undefined || observed.lxd === undefined) return plan;
  const { lxd } = desired;
  const pruneIn = [...lxd.pruneIn, ...previousProjects];
  const lxdPlan = planLxd({ ...lxd, pruneIn }, observed.lxd);
  const issues = [...plan.issues, ...lxdPlan.issues];
  const steps = hasErrors(issues) ? [] : [...plan.steps, ...lxdPlan.steps];
  return { formatVersion: 1, steps, issues };
}
