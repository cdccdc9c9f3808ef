/** Every command of calico-agent, in the order of its help. */
import type { Command } from 'commander';
import { addApply } from './apply.ts';
import { addCheck } from './check.ts';
import { addCompletion } from './completion.ts';
import { addHistory } from './history.ts';
import { addPeers } from './peers.ts';
import { addPlan } from './plan.ts';
import { addRender } from './render.ts';
import { addResources } from './resources.ts';
import { addRun } from './run.ts';
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
  addRun,
  addCompletion,
];
