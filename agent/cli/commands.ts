/** Every command of calico-agent, in the order of its help. */
import { addAdopt } from './commands/adopt.ts';
import { addApply } from './commands/apply.ts';
import { addCheck } from './commands/check.ts';
import { addCompletion } from '../../runtime/cli/completion/completion.ts';
import { addDoctor } from './doctor/doctor.ts';
import { addDrift } from './commands/drift.ts';
import { addEvents } from './events/events.ts';
import { addConfirm } from './revisions/confirm.ts';
import { addDiff } from './revisions/diff.ts';
import { addRollback } from './revisions/rollback.ts';
import { addShow } from './revisions/show.ts';
import { addEnroll } from './identity/enroll.ts';
import { addExport } from './commands/export.ts';
import { addGuard } from './guard/guard.ts';
import { addHistory } from './commands/history.ts';
import { addHold, addReleaseHold } from './commands/hold.ts';
import { addKops } from './kops/kops.ts';
import { addLxd } from './lxd/lxd.ts';
import { addMetalLb } from './metallb/metallb.ts';
import { addMicroK8s } from './microk8s/microk8s.ts';
import { addPeers } from './commands/peers.ts';
import { addPlan } from './commands/plan.ts';
import { addPlatform } from './platform/platform.ts';
import { addRelease } from './commands/release.ts';
import { addRender } from './commands/render.ts';
import { addResources } from './commands/resources.ts';
import { addRun } from './commands/run.ts';
import { addStaleNodes } from './stale-nodes/stale-nodes.ts';
import { addStatus } from './commands/status.ts';
import { addSupportBundle } from './support/support-bundle.ts';
import { addWatch } from './watch/watch.ts';
import type { AddAgentCommand } from './command-context.ts';

export const commands: readonly AddAgentCommand[] = [
  addCheck,
  addRender,
  addPlan,
  addApply,
  addConfirm,
  addRollback,
  addStatus,
  addPeers,
  addResources,
  addHistory,
  addShow,
  addDiff,
  addWatch,
  addEvents,
  addDrift,
  addGuard,
  addHold,
  addReleaseHold,
  addAdopt,
  addRelease,
  addExport,
  addStaleNodes,
  addLxd,
  addPlatform,
  addKops,
  addMicroK8s,
  addMetalLb,
  addDoctor,
  addEnroll,
  addSupportBundle,
  addRun,
  addCompletion,
];
