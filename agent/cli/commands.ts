/** Every command of calico-agent, in the order of its help. */
import type { Command } from 'commander';
import { addAdopt } from './adopt.ts';
import { addApply } from './apply.ts';
import { addCheck } from './check.ts';
import { addCompletion } from './completion.ts';
import { addDoctor } from './doctor.ts';
import { addDrift } from './drift.ts';
import { addExport } from './export.ts';
import { addHistory } from './history.ts';
import { addHold, addReleaseHold } from './hold.ts';
import { addLxd } from './lxd.ts';
import { addPeers } from './peers.ts';
import { addPlan } from './plan.ts';
import { addRelease } from './release.ts';
import { addRender } from './render.ts';
import { addResources } from './resources.ts';
import { addRun } from './run.ts';
import { addStaleNodes } from './stale-nodes.ts';
import { addStatus } from './status.ts';
import type { CliWorld, Ending } from './world.ts';

export type AddCommand = (program: Command, world: CliWorld, ending: Ending) => void;

export const commands: readonly AddCommand[] = [
  addCheck,
  addRender,
  addPlan,
  addApply,
  addStatus,
  addPeers,
  addResources,
  addHistory,
  addDrift,
  addHold,
  addReleaseHold,
  addAdopt,
  addRelease,
  addExport,
  addStaleNodes,
  addLxd,
  addDoctor,
  addRun,
  addCompletion,
];
