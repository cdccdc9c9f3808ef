/**
 * Changes of LXD without a daemon: gives named profiles the BPF file system, or takes our settings
 * out of them.
 */
import type { ObservedLxd, ObservedProfile } from '../../../core/lxd/observed-lxd.ts';
import { planLxd } from '../../../core/plan/lxd/plan-lxd.ts';
import { redactPlan } from '../../../core/plan/redact-plan.ts';
import type { LxdSettings } from '../../../core/lxd/settings.ts';
import { hasErrors, type Issue } from '../../../core/issue.ts';
import type { LxdChange, Plan } from '../../../core/plan/plan.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { LxdHost } from '../../ports/lxd-host.ts';
import { describeLxd, type LxdReport } from './report.ts';

export type ByHand =
  | { readonly set: LxdSettings }
  /** The profiles, an empty list: all; the project, absent: all projects. */
  | { readonly removeFrom: readonly string[]; readonly project?: string };

const maxRaces = 5;

/** Returns the changes that were made. @throws AppError; no profile is left half changed */
export async function changeByHand(lxd: LxdHost, what: ByHand): Promise<Plan<LxdChange>> {
  for (let races = 0; ; races += 1) {
    const plan = refuseErrors(planByHand(what, await lxd.observe()));
    const changes = plan.steps.flatMap((step) => step.changes);
    refuseErrors({ ...plan, issues: await lxd.preflight(changes) });
    try {
      for (const change of changes) await lxd.apply(change);
      return redactPlan(plan);
    } catch (error) {
      const isRace = error instanceof AppError && error.code === 'datastore-conflict';
      if (!isRace || races === maxRaces) throw error;
    }
  }
}

/** The changes that `changeByHand` would make now. @throws AppError */
export async function planChange(lxd: LxdHost, what: ByHand): Promise<Plan<LxdChange>> {
  return redactPlan(refuseErrors(planByHand(what, await lxd.observe())));
}

export async function seeByHand(lxd: LxdHost): Promise<LxdReport> {
  const { daemon, bpffsMounted } = await lxd.observe();
  return { ...describeLxd(daemon), bpffsMounted };
}

/** Settings that were made by hand before stay, unless they are to be removed. */
function planByHand(what: ByHand, observed: ObservedLxd): Plan<LxdChange> {
  if ('set' in what) return planLxd({ settings: what.set, pruneIn: [] }, observed);
  const { removeFrom, project } = what;
  if (observed.daemon.state === 'absent') return planLxd({ pruneIn: [] }, observed);
  const projects = observed.daemon.profiles.map((profile) => profile.project);
  const desired = { pruneIn: project === undefined ? [...new Set(projects)] : [project] };
  const isMeant = (profile: ObservedProfile): boolean =>
    desired.pruneIn.includes(profile.project) &&
    (removeFrom.length === 0 || removeFrom.includes(profile.name));
  const daemon = { ...observed.daemon, profiles: observed.daemon.profiles.filter(isMeant) };
  return planLxd(desired, { ...observed, daemon });
}

function refuseErrors(plan: Plan<LxdChange>): Plan<LxdChange> {
  const absent = plan.issues.find(({ code }) => code === 'lxd-absent');
  if (absent !== undefined) throw new AppError('not-found', absent.message);
  if (!hasErrors(plan.issues)) return plan;
  throw new AppError('invalid-config', plan.issues.map(textOf).join('; '), { issues: plan.issues });
}

function textOf({ message, hint }: Issue): string {
  return hint === undefined ? message : `${message} (${hint})`;
}
