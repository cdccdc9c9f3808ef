/** What a person does to LXD without a daemon: profiles that are named get the BPF file system, or lose what is ours. */
import type { ObservedHost, ObservedProfile } from '../../../core/lxd/observed-host.ts';
import { planHost } from '../../../core/lxd/plan-host.ts';
import { shownPlan } from '../../../core/lxd/shown-change.ts';
import type { LxdSettings } from '../../../core/lxd/settings.ts';
import { hasErrors, type Issue } from '../../../core/issue.ts';
import type { HostChange, Plan } from '../../../core/plan/plan.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { LxdHost } from '../../ports/lxd-host.ts';
import { describeLxd, type LxdReport } from './report.ts';

export type ByHand =
  | { readonly set: LxdSettings }
  /** Of which profiles, none: of all; in which project, absent: in all. */
  | { readonly removeFrom: readonly string[]; readonly project?: string };

const maxRaces = 5;

/** Gives back what was changed. @throws AppError, and then nothing is half done in a profile */
export async function changeByHand(host: LxdHost, what: ByHand): Promise<Plan<HostChange>> {
  for (let races = 0; ; races += 1) {
    const plan = refuseErrors(planByHand(what, await host.observe()));
    const changes = plan.steps.flatMap((step) => step.changes);
    refuseErrors({ ...plan, issues: await host.preflight(changes) });
    try {
      for (const change of changes) await host.apply(change);
      return shownPlan(plan);
    } catch (error) {
      const isRace = error instanceof AppError && error.code === 'datastore-conflict';
      if (!isRace || races === maxRaces) throw error;
    }
  }
}

/** What `changeByHand` would change now. @throws AppError */
export async function planChange(host: LxdHost, what: ByHand): Promise<Plan<HostChange>> {
  return shownPlan(refuseErrors(planByHand(what, await host.observe())));
}

export async function seeByHand(host: LxdHost): Promise<LxdReport> {
  const { lxd, bpffsMounted } = await host.observe();
  return { ...describeLxd(lxd), bpffsMounted };
}

/** What was set by hand before stays, unless it is to go. */
function planByHand(what: ByHand, observed: ObservedHost): Plan<HostChange> {
  if ('set' in what) return planHost({ settings: what.set, pruneIn: [] }, observed);
  const { removeFrom, project } = what;
  if (observed.lxd.state === 'absent') return planHost({ pruneIn: [] }, observed);
  const projects = observed.lxd.profiles.map((profile) => profile.project);
  const desired = { pruneIn: project === undefined ? [...new Set(projects)] : [project] };
  const isMeant = (profile: ObservedProfile): boolean =>
    desired.pruneIn.includes(profile.project) &&
    (removeFrom.length === 0 || removeFrom.includes(profile.name));
  const lxd = { ...observed.lxd, profiles: observed.lxd.profiles.filter(isMeant) };
  return planHost(desired, { ...observed, lxd });
}

function refuseErrors(plan: Plan<HostChange>): Plan<HostChange> {
  const absent = plan.issues.find(({ code }) => code === 'lxd-absent');
  if (absent !== undefined) throw new AppError('not-found', absent.message);
  if (!hasErrors(plan.issues)) return plan;
  throw new AppError('invalid-config', plan.issues.map(textOf).join('; '), { issues: plan.issues });
}

function textOf({ message, hint }: Issue): string {
  return hint === undefined ? message : `${message} (${hint})`;
}
