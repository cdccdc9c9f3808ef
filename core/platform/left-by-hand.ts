import { digestOfFile } from './due-restarts.ts';
import type { ManualStep } from './manual-step.ts';

/** Steps for which the change waits until a person says that they are done. */
export interface LeftByHand {
  readonly steps: readonly ManualStep[];
  /** `early-…`: names the place and the commands. Other ones at the same place are not done when these are. */
  readonly digest: string;
}

/** Where a person's steps stand: around the change of a node, or in place of early or late edits of the cluster. */
export type PlaceByHand = 'before' | 'after' | 'early' | 'late';

export function leftByHand(steps: readonly ManualStep[], place: PlaceByHand): LeftByHand {
  const commands = steps.map((step) => step.commands);
  return { steps, digest: `${place}-${digestOfFile(JSON.stringify(commands)).slice(0, 32)}` };
}
