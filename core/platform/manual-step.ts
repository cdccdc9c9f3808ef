/** What a person does, because the agent does not. */
import { digestOfFile } from './due-restarts.ts';

export interface ManualStep {
  readonly title: string;
  readonly why: string;
  /** Lines that can be pasted into a root shell. */
  readonly commands: readonly string[];
  /** It comes before the files change and services restart; absent: after that. */
  readonly isBefore?: true;
  /** It is done once for the cluster; absent: on this node. */
  readonly isOnce?: true;
}

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
