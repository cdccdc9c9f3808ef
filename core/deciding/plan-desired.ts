import { hasErrors } from '../issue.ts';
import { planHost } from '../lxd/plan-host.ts';
import { planChanges } from '../plan/plan-changes.ts';
import type { AnyPlan, Observed } from '../plan/plan.ts';
import type { Desired } from '../render/desired.ts';

export interface PlanQuestion {
  readonly desired: Desired;
  readonly observed: Observed;
  /** Projects of LXD that configurations before this one changed: what is ours there goes. */
  readonly formerProjects: readonly string[];
}

/** The plan for Calico and, on a host of containers, for LXD. With an error it has no steps. */
export function planDesired({ desired, observed, formerProjects }: PlanQuestion): AnyPlan {
  const plan = planChanges(desired, observed);
  if (desired.host === undefined || observed.host === undefined) return plan;
  const { host } = desired;
  const pruneIn = [...host.pruneIn, ...formerProjects];
  const ofHost = planHost({ ...host, pruneIn }, observed.host);
  const issues = [...plan.issues, ...ofHost.issues];
  const steps = hasErrors(issues) ? [] : [...plan.steps, ...ofHost.steps];
  return { formatVersion: 1, steps, issues };
}
